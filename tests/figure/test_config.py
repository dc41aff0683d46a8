"""Every figure can be chosen by its name."""

from inspect import Parameter, signature
from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from aelab.figure.figure import Figure

FOLDER = Path(__file__).parents[2] / "conf" / "figure"


NAMES = ["reconstructions", "latent_map", "filters", "activations", "loss_curves"]
NAMES += ["manifold", "traversal", "interpolation", "completions"]
NAMES += ["kl_curve", "atoms", "filter_history", "denoising_arrows", "latent_responses", "em_steps"]
NAMES += ["layers", "attribute_sweep"]
NAMES += ["cluster_samples", "confusion", "cluster_map", "kmeans_steps"]
NAMES += ["scores", "photos"]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_says_what_it_is_and_builds(name):
    path = FOLDER / f"{name}.yaml"
    assert path.read_text().startswith("# ")
    config = OmegaConf.load(path)
    assert list(config) == [name]
    figure = instantiate(config)[name]
    assert isinstance(figure, Figure)
    taken = signature(type(figure)).parameters.values()
    assert all(p.default is Parameter.empty for p in taken)  # a default lives once, in the file
