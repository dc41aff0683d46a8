"""The Boltzmann machine: scikit-learn's, written into an autoencoder of one sigmoid layer."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.neural_network import BernoulliRBM
from training import composed, trained

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.seed import derive
from aelab.stage.pair import pair
from aelab.stage.rbm import RBM

SIGMOID = [
    "recipe=rbm",
    "model.widths=[]",
    "model.latent.activation=sigmoid",
    "model.latent.dim=7",
    "loss=bce",
]


@pytest.mark.parametrize("tied", ["true", "false"])
@pytest.mark.parametrize(("epochs", "most", "passes"), [(2, 5, 2), (5, 2, 2), (0, 5, 0)])
def test_weights_are_scikit_learns(tied: str, epochs: int, most: int, passes: int, tmp_path: Path) -> None:
    own = [f"recipe.pretrain.epochs={epochs}", "recipe.pretrain.batch_size=30", "recipe.pretrain.lr=0.1"]
    capped = [f"trainer.max_epochs={most}", "recipe.finetune.epochs=1", "recipe.finetune.scratch=false"]
    system = trained(tmp_path, *SIGMOID, *own, *capped, f"model.tied={tied}").system.eval()
    dataset, model = system.dataset, system.model
    x = dataset.gather(dataset.splits["train"])[0].flatten(1).numpy()
    seed = derive(0, "pretrain") % 2**32
    rbm = BernoulliRBM(7, learning_rate=0.1, batch_size=30, n_iter=passes, random_state=seed).fit(x)
    encoder, decoder = pair(model) or pytest.fail("no pair of layers")
    np.testing.assert_allclose(encoder.weight.detach(), rbm.components_, atol=1e-6)
    np.testing.assert_allclose(
        decoder.weight.detach(), rbm.components_.T if tied == "false" else rbm.components_
    )
    np.testing.assert_allclose(decoder.bias.detach(), rbm.intercept_visible_, atol=1e-6)
    trace = system(dataset.gather(dataset.splits["train"])[0])
    np.testing.assert_allclose(trace.z.detach(), rbm.transform(x), atol=1e-5)


LAYER = (
    "recipe.pretrain: a restricted Boltzmann machine is one sigmoid layer each way: "
    "model=mlp model.widths=[] model.latent.activation=sigmoid"
)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["model.widths=[8]"], LAYER),
        (["model.latent.activation=relu"], LAYER),
        (
            ["loss=mse", "dataset=ring", "model.latent.dim=1"],
            "recipe.pretrain: a restricted Boltzmann machine takes data in [0, 1]",
        ),
        (
            ["loss=gaussian", "loss.gaussian.variance=per_pixel"],
            "recipe.pretrain: a restricted Boltzmann machine needs free weights and a loss of one number "
            "for a pixel",
        ),
    ],
)
def test_says_what_it_is_not_made_for(settings: list[str], line: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        assemble(composed(*SIGMOID, *settings), tmp_path)
    assert [text for text in caught.value.problems if "finetune" not in text] == [line]


@pytest.mark.parametrize("wrong", [{"epochs": -1}, {"lr": 0.0}, {"batch_size": 0}])
def test_settings_are_checked_before_training(wrong: dict) -> None:
    with pytest.raises(ValueError, match="epochs must not be negative, lr and batch_size must be positive"):
        RBM(**wrong)
