"""What HPARAMS gets of a run: what was asked for, by the same names and of the same kinds in every run."""

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from aelab.hparams import settings

Compose = Callable[..., DictConfig]
Told = Callable[..., dict[str, float | str]]


@pytest.fixture
def told(composed: Compose) -> Told:
    """told("seed=1", varying=["seed"]): the settings of a run that was started so."""
    return lambda *typed, varying=(): settings(composed(*typed), typed, varying)


def test_a_cell_has_what_varies_and_nothing_else(told: Told) -> None:
    typed = ["dataset.limit=30", "model.latent.dim=5", "loss=[bce,kl]", "model/latent=gaussian", "seed=1"]
    assert told(*typed, varying=["model.latent.dim", "seed"]) == {"model.latent.dim": 5.0, "seed": 1.0}
    assert told(*typed, varying=["loss"]) == {"loss": "bce, kl"}


def test_a_varying_experiment_has_the_choices_that_it_makes(told: Told) -> None:
    assert told("experiment=vae", "dataset=digits", "trainer.max_epochs=3", varying=["experiment"]) == {
        "experiment": "vae", "dataset": "digits", "corruption": "none", "model": "mlp",
        "model/latent": "gaussian", "model.latent.dim": 2.0, "loss": "bce, kl", "seed": 0.0,
    }  # fmt: skip


def test_a_run_of_its_own_has_its_choices_and_what_was_typed(told: Told) -> None:
    typed = ["corruption=[gaussian,masking]", "optimizer=sgd", "optimizer.lr=0.5", "figure=none", "name=mine"]
    assert told(*typed) == {
        "dataset": "digits", "corruption": "gaussian, masking", "model": "mlp",
        "model/latent": "deterministic", "model.latent.dim": 2.0, "loss": "mse", "seed": 0.0,
        "optimizer": "sgd", "optimizer.lr": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("model.tied=true", {"model.tied": "true"}),
        ("model.widths=[64,32]", {"model.widths": "64, 32"}),
        ("model.widths=[${model.latent.dim}]", {"model.widths": "2"}),
        ("+loss.kl_sparsity.weight=4", {"loss.kl_sparsity.weight": 4.0}),
        ("model/condition=none", {"model/condition": "none"}),
        ("+optimizer@recipe.train.optimizer=sgd", {"optimizer@recipe.train.optimizer": "sgd"}),
        ("dataset=fashion_mnist", {"dataset": "FashionMNIST"}),
        ("trainer.precision='bf16-mixed'", {"trainer.precision": "bf16-mixed"}),
        # of a number, the filters take numbers only
        ("dataset.limit=null", {}),
        (
            "optimizer.lr={_target_: aelab.schedule.Cosine, start: 0.1, end: 0}",
            {"optimizer.lr._target_": "Cosine", "optimizer.lr.start": 0.1, "optimizer.lr.end": 0.0},
        ),
    ],
)
def test_words_and_numbers(typed: str, found: dict[str, float | str], told: Told) -> None:
    assert told(typed, varying=[typed.partition("=")[0]]) == found


def test_a_setting_that_the_run_dropped_is_absent(composed: Compose) -> None:
    """`loss=[mse],[mse,kl]` beside `loss.kl.weight=1,4`"""
    assert settings(composed("loss=[mse]"), ["loss=[mse]", "loss.kl.weight=4"], ["loss.kl.weight"]) == {}
