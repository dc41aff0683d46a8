"""The k-sparse code: linear, signed, and k of its numbers at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from aelab.build import build
from aelab.model.latent.k_sparse import KSparse
from aelab.schedule import Clock, Linear

Make = Callable[..., Any]
CONF = Path(__file__).parents[3] / "conf" / "model" / "latent" / "k_sparse.yaml"


def test_keeps_the_k_largest_values() -> None:
    h = torch.randn(50, 12, generator=torch.Generator().manual_seed(0))
    for k in (1, 3, 12):
        z = KSparse(12, k)(h)["z"].numpy()
        for row, code in zip(h.numpy(), z, strict=True):
            kept = np.sort(np.argsort(row)[-k:])
            assert np.flatnonzero(code).tolist() == kept.tolist()
            np.testing.assert_array_equal(code[kept], row[kept])


def test_is_linear_and_signed() -> None:
    """The largest values, not magnitudes, and no ReLU behind it."""
    h = torch.tensor([[-5.0, -1.0, -2.0, -3.0], [-9.0, 1.0, 0.5, -0.25]])
    assert KSparse(4, 2)(h)["z"].tolist() == [[0.0, -1.0, -2.0, 0.0], [0.0, 1.0, 0.5, 0.0]]
    latent = KSparse(4, 4)
    assert torch.equal(latent(h)["z"], h) and latent.bounds == (-np.inf, np.inf)


def test_keeps_alpha_times_as_many_in_evaluation() -> None:
    h, latent = torch.randn(9, 20), KSparse(20, 4, alpha=2.5)
    assert (latent(h)["z"] != 0).sum(1).tolist() == [4] * 9
    latent.eval()
    assert (latent(h)["z"] != 0).sum(1).tolist() == [10] * 9
    assert torch.equal(latent(h)["z"], KSparse(20, 10)(h)["z"])


def test_is_a_code_of_its_dim() -> None:
    latent = KSparse(7, 2)
    assert latent.gives == tuple(latent(torch.randn(3, 7))) == ("z",) and latent.width == latent.dim == 7


def test_the_error_goes_back_through_kept_units_only(net: Make) -> None:
    """[Makhzani & Frey 2014]: x̂ = W supp_k(Wᵀx + b) + b', tied"""
    model = net("mlp", (6,), dim=5, latent=KSparse(5, 2), widths=[], tied=True)
    x = torch.rand(1, 6)
    h = model.encoder(x)
    kept = h[0].topk(2).indices
    z = torch.zeros(1, 5)
    z[:, kept] = h[:, kept].detach()
    w, b, c = model.encoder.layers[0].weight, model.encoder.layers[0].bias, model.decoder.layers[0].bias
    torch.testing.assert_close(model.decode(model.encode(x)["z"])["x_hat"], z @ w + c)
    (model.decode(model.encode(x)["z"])["x_hat"] - x).square().sum().backward()
    others = [j for j in range(5) if j not in kept]
    assert (w.grad[kept].abs().sum(1) > 0).all() and (b.grad[kept] != 0).all()
    assert not w.grad[others].any() and not b.grad[others].any()


def test_k_may_be_scheduled() -> None:
    latent = KSparse(100, Linear(100, 25, over=0.5), alpha=3)
    clock, h = Clock(latent), torch.randn(2, 100)
    for progress, k in ((0.0, 100), (0.2, 70), (0.27, 60), (0.5, 25), (1.0, 25)):  # 59.5 rounds to 60
        clock.set(progress)
        assert (latent(h)["z"] != 0).sum(1).tolist() == [k, k]
    latent.eval()
    assert (latent(h)["z"] != 0).sum(1).tolist() == [75, 75]


@pytest.mark.parametrize(
    ("k", "alpha", "said"),
    [
        (0, 1, "k must be at least 1, got 0"),
        (-2, 1, "k must be at least 1, got -2"),
        (9, 1, "TopK of 8 units needs k in [1, 8], got 9"),
        (4, 0.5, "alpha must be at least 1, got 0.5"),
        (3, 3, "TopK of 8 units cannot keep alpha·k = 3·3 of them"),
        (Linear(8, 0), 1, "k must be at least 1, got Linear(start=8, end=0, over=1.0)"),
        (Linear(9, 2), 1, "TopK of 8 units needs k in [1, 8], got Linear(start=9, end=2, over=1.0)"),
        (Linear(1, 5), 2, "TopK of 8 units cannot keep alpha·k = 2·5 of them"),
    ],
)
def test_refusals(k: int | Linear, alpha: float, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        KSparse(8, k, alpha)
    assert str(caught.value) == said


def test_alpha_counts_for_the_last_k_only() -> None:
    """Evaluation takes the schedule's end."""
    assert KSparse(8, Linear(8, 2), alpha=4).dim == 8


def test_its_yaml_builds_it() -> None:
    latent = build(OmegaConf.load(CONF))  # type: ignore[arg-type]
    assert isinstance(latent, KSparse) and latent.dim == 100 and latent.top_k.k == 10


def test_trains_and_is_refused_from_the_command_line(aelab: Callable[..., tuple[int, str, str]]) -> None:
    small = ("dataset.limit=40", "trainer=cpu", "trainer.max_epochs=1", "logger=none", "figure=none")
    code = ("model/latent=k_sparse", "model.latent.dim=32", "model.tied=true", "model.widths=[]")
    schedule = "model.latent.k={_target_: aelab.schedule.Linear, start: 32, end: 5, over: 0.5}"
    status, _, err = aelab(*code, *small, "baseline=none", schedule)
    assert status == 0, err
    for k, said in (
        ("33", "TopK of 32 units needs k in [1, 32], got 33"),
        ("0", "k must be at least 1, got 0"),
    ):
        status, _, err = aelab(*code, f"model.latent.k={k}")
        assert (status, err) == (2, f"model.latent: {said}\n")
