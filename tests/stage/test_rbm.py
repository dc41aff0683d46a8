"""The Boltzmann machine: scikit-learn's, written into an autoencoder of one sigmoid layer."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neural_network import BernoulliRBM
from training import composed, same, trained, weights

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.interrupt import Interrupted
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
@pytest.mark.parametrize(("epochs", "most", "passes"), [(2, 5, 2), (5, 2, 2)])
def test_weights_are_scikit_learns(tied: str, epochs: int, most: int, passes: int, tmp_path: Path) -> None:
    own = [f"recipe.pretrain.epochs={epochs}", "recipe.pretrain.batch_size=30", "recipe.pretrain.lr=0.1"]
    capped = [f"trainer.max_epochs={most}", "recipe.finetune.epochs=1", "recipe.finetune.scratch=false"]
    system = trained(tmp_path, *SIGMOID, *own, *capped, f"model.tied={tied}").system.eval()
    dataset, model = system.dataset, system.model
    x = dataset.gather(dataset.splits["train"])[0].flatten(1).double().numpy()
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


def test_no_passes_leave_the_weights_alone(tmp_path: Path) -> None:
    before = assemble(composed(*SIGMOID), tmp_path).system
    after = trained(tmp_path, *SIGMOID, "recipe.pretrain.epochs=0", "recipe.finetune.epochs=0").system
    assert same(state(before), state(after))


LAYER = (
    "recipe.pretrain: a restricted Boltzmann machine is one sigmoid layer each way: "
    "model=mlp model.widths=[] model.latent.activation=sigmoid"
)
OUTPUT = (
    "recipe.pretrain: a restricted Boltzmann machine's x̂ is a sigmoid, as p(x given h) is: "
    "loss=bce, or model.output_activation=sigmoid"
)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["model.widths=[8]"], LAYER),
        (["model.latent.activation=relu"], LAYER),
        (
            ["loss=mse", "dataset=ring", "model.latent.dim=1", "model.output_activation=sigmoid"],
            "recipe.pretrain: a restricted Boltzmann machine takes data in [0, 1]",
        ),
        (
            ["loss=gaussian", "loss.gaussian.variance=per_pixel"],
            "recipe.pretrain: a restricted Boltzmann machine needs free weights and a loss of one number "
            "for a pixel",
        ),
        (["loss=mse"], OUTPUT),
        (["loss=gaussian", "model.output_activation=identity"], OUTPUT),
        (["loss=mse", "model.output_activation=tanh"], OUTPUT),
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


FAST = ["recipe.pretrain.batch_size=20", "trainer.max_epochs=3", "recipe.finetune.scratch=false"]


def state(system: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {f"system.{name}": value for name, value in system.state_dict().items()}


def test_a_finished_machine_is_only_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = ["+stage@recipe.train=fit"]  # so that the machine is not what the run leaves
    for name, own in (("alone", []), ("behind", behind)):
        folder = tmp_path / name
        first = trained(folder, *SIGMOID, *FAST, *own).system
        with monkeypatch.context() as patch:
            patch.setattr(BernoulliRBM, "partial_fit", None)
            again = trained(folder, *SIGMOID, *FAST, *own, resume=True).system
        assert same(state(first), state(again))
    kept = torch.load(tmp_path / "behind/checkpoints/pretrain/last.ckpt", weights_only=True)["state_dict"]
    assert same(kept, weights(tmp_path / "alone"))


def test_one_without_its_weights_is_trained_again(tmp_path: Path) -> None:
    first = trained(tmp_path / "run", *SIGMOID, *FAST).system
    (tmp_path / "run/checkpoints/last.ckpt").unlink()
    assert same(state(first), state(trained(tmp_path / "run", *SIGMOID, *FAST, resume=True).system))


def test_stops_between_minibatches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, step = [], BernoulliRBM.partial_fit

    def stopping(self: BernoulliRBM, *minibatch: Any) -> None:
        step(self, *minibatch)
        steps.append(1)
        if len(steps) == 7:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(BernoulliRBM, "partial_fit", stopping)
        with pytest.raises(Interrupted):
            trained(tmp_path / "run", *SIGMOID, *FAST)
    assert len(steps) == 7  # of 15
    again = trained(tmp_path / "run", *SIGMOID, *FAST, resume=True).system
    assert same(state(again), state(trained(tmp_path / "whole", *SIGMOID, *FAST).system))
