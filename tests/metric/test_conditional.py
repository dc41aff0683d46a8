"""Draws for labels: recognised ones counted by hand, variances of numpy's."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from aelab.assemble import assemble_system
from aelab.errors import UserError
from aelab.metric.conditional import Conditional
from aelab.model.prior.normal import Normal

K = 4


class Brightest(nn.Module):
    """Stands for a classifier that says which pixel is the brightest."""

    error = 0.25

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def metric(samples: int = 1) -> Conditional:
    made = Conditional(samples)
    made.dataset = SimpleNamespace(classes=K, shape=(1, 2, 2))  # type: ignore[assignment]
    made.reference = Brightest()  # type: ignore[assignment]
    made.reset()
    return made


def rows(n: int) -> tuple[Tensor, Tensor, Tensor]:
    """x, y, c"""
    y = torch.arange(n) % K
    return (
        torch.rand(n, 1, 2, 2, generator=torch.Generator().manual_seed(0)),
        y,
        nn.functional.one_hot(y, K).float(),
    )


def image(values: Tensor) -> dict[str, Tensor]:
    return {"x_hat": values.view(-1, 1, 2, 2)}


@pytest.mark.parametrize("samples", [1, 3])
def test_a_decoder_that_shows_its_label_is_always_recognised(samples: int) -> None:
    found = metric(samples)
    x, y, c = rows(22)
    for part in torch.arange(22).split(9):
        found.update(x[part], y[part], Normal(2), lambda z, c=c[part]: image(c), c[part])
    scores = found.compute()
    assert found.seen == 22 * samples and scores["conditional_accuracy"] == 1
    assert scores["within_class_variance"] == 0  # all draws of a class are alike
    assert scores["reference_error"] == 0.25


def test_one_that_does_not_listen_is_right_as_often_as_its_class_comes() -> None:
    found = metric()
    x, y, c = rows(10)
    found.update(x, y, Normal(2), lambda z: image(torch.eye(K)[1].expand(10, K)), c)
    assert found.compute()["conditional_accuracy"] == pytest.approx(3 / 10)


def test_variance_is_that_within_classes_and_not_between() -> None:
    found = metric()
    x, y, c = rows(40)
    shown = 0.5 * x + 10 * y.view(-1, 1, 1, 1)  # half as wide; the classes far apart
    for part in torch.arange(40).split(7):
        found.update(x[part], y[part], Normal(2), lambda z, h=shown[part]: image(h), c[part])
    assert found.compute()["within_class_variance"] == pytest.approx(0.25)


def test_variances_of_classes_are_numpys() -> None:
    found = metric()
    x, y, c = rows(23)
    other = torch.rand(23, 1, 2, 2, generator=torch.Generator().manual_seed(1))
    found.update(x, y, Normal(2), lambda z: image(other), c)
    ratios = [
        other[y == k].numpy().var(0, ddof=1).mean() / x[y == k].numpy().var(0, ddof=1).mean()
        for k in range(K)
    ]
    assert found.compute()["within_class_variance"] == pytest.approx(np.mean(ratios), rel=1e-5)


def test_rows_without_a_label_and_classes_of_one_image_are_left_out() -> None:
    found = metric()
    x, y, c = rows(9)
    y = torch.tensor([0, 0, 0, 1, 2, 2, -1, -1, -1])
    found.update(x, y, Normal(2), lambda z: image(2 * x), c)
    scores = found.compute()
    assert found.seen == 6 and scores["within_class_variance"] == pytest.approx(4)
    found.reset()
    found.update(x, torch.full((9,), -1), Normal(2), lambda z: image(x), c)
    assert found.compute() == {}


def test_refuses() -> None:
    with pytest.raises(ValueError, match=r"^samples must be at least 1, got 0"):
        Conditional(0)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ([], "metric.conditional reads c; model/condition=none gives none; model/condition=label does"),
        (
            ["model/condition=observed", "corruption=quadrants"],
            "metric.conditional: needs a model given the label, as model/condition=label does; this one ",
        ),
    ],
)
def test_models_that_are_not_given_the_label_are_refused(
    overrides: list[str], said: str, composed: Callable[..., DictConfig]
) -> None:
    with pytest.raises(UserError) as refusal:
        assemble_system(composed("metric=conditional", "loss=[elbo]", "model/latent=gaussian", *overrides))
    (line,) = refusal.value.problems
    assert line.startswith(said)


def test_a_model_given_the_label_is_welcome(composed: Callable[..., DictConfig]) -> None:
    config = composed("metric=conditional", "loss=[elbo]", "model/latent=gaussian", "model/condition=label")
    assert set(assemble_system(config).metrics) == {"conditional"}
