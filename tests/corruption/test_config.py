"""Every corruption's YAML: one key, its own name, and a corruption that works as it stands."""

from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from aelab.build import build
from aelab.corruption.corruption import Corruption, Corruptions

FILES = sorted((Path(__file__).parents[2] / "conf" / "corruption").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_builds_the_corruption_of_its_name(path: Path) -> None:
    config = OmegaConf.load(path)
    assert list(config) == ([] if path.stem == "none" else [path.stem])
    parts = build(config)
    for name, part in parts.items():
        assert isinstance(part, Corruption) and type(part).__module__ == f"aelab.corruption.{name}"
    torch.manual_seed(0)
    chain, x = Corruptions(parts), torch.rand(2, 3, 12, 10)
    trace = chain(x)
    assert tuple(trace["x_tilde"].shape[1:]) == chain.output_shape((3, 12, 10))
    assert set(trace) == set(chain.gives) and torch.isfinite(trace["x_tilde"]).all()
    assert torch.equal(trace["x_tilde"], x) == (path.stem == "none")
