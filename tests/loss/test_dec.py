"""DEC: the lecture's two gradients, a target of all rows that stands still, and the end of a training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from training import same, trained, weights

from aelab.history import read
from aelab.loss.dec import DEC
from aelab.model.latent.clusters import Clusters
from aelab.model.mlp import Decoder

N, K, D = 40, 3, 2

RUN = [
    "model/latent=clusters",
    "model.latent.dim=3",
    "clusters=4",
    "loss=[dec]",
    "loss.dec.interval=5",
    "loss.dec.tolerance=0",
    "recipe=fit_kmeans_fit",
    "recipe.kmeans.starts=2",
]


def term(**settings: Any) -> DEC:
    given: dict[str, Any] = {"clusters": K, "target": "soft", "interval": 5, "tolerance": 0.1}
    made = DEC(1.0, **(given | settings))
    made.rows, made.train_rows = N + 5, torch.arange(5, N + 5)
    return made


def rows(q: Tensor) -> Callable[..., dict[str, Tensor]]:
    return lambda split, *names: {name: q for name in names}


def assignments(alpha: float = 1.0) -> tuple[Clusters, Tensor, Tensor]:
    """(the latent, codes [N, D] with a gradient, their assignments)"""
    torch.manual_seed(0)
    latent = Clusters(D, K, alpha)
    latent.centroids.data = torch.randn(K, D)
    z = torch.randn(N, D, requires_grad=True)
    return latent, z, latent.assign(z)


@pytest.mark.parametrize("alpha", [1.0, 3.0])
def test_gradients_are_the_lectures(alpha: float) -> None:
    """∂L/∂z_i = (α+1)/α Σ_k (1 + ‖z_i − m_k‖²/α)⁻¹ (p_ik − q_ik)(z_i − m_k); ∂L/∂m_k: −, summed over i."""
    latent, z, q = assignments(alpha)
    dec = term()
    dec.survey(rows(q.detach()), 0)
    dec(q, torch.arange(5, N + 5)).sum().backward()
    assert dec.p is not None
    m, p = latent.centroids.detach(), dec.p[5:]
    apart = z.detach()[:, None] - m  # [N, K, D]
    pull = (alpha + 1) / alpha * (p - q.detach())[..., None] * apart
    pull = pull / (1 + apart.square().sum(2, keepdim=True) / alpha)
    assert z.grad is not None and latent.centroids.grad is not None
    torch.testing.assert_close(z.grad, pull.sum(1))
    torch.testing.assert_close(latent.centroids.grad, -pull.sum(0))


def test_the_target_is_of_all_rows_and_stands_still() -> None:
    """f_k runs over the data: a minibatch's own would be another."""
    _, _, q = assignments()
    q = q.detach()
    dec = term()
    dec.survey(rows(q), 0)
    weight = q**2 / q.sum(0)
    expected = weight / weight.sum(1, keepdim=True)
    assert dec.p is not None
    torch.testing.assert_close(dec.p[5:], expected)
    few = torch.tensor([7, 30])
    own = q[few - 5] ** 2 / q[few - 5].sum(0)
    assert not torch.allclose(own / own.sum(1, keepdim=True), expected[few - 5], atol=1e-2)
    moved = q.roll(1, 1)[few - 5]  # whatever the assignments are by now
    kl = (expected[few - 5] * (expected[few - 5] / moved).log()).sum(1)
    torch.testing.assert_close(dec(moved, few), kl)


def test_scored_rows_are_held_against_their_own_sharpened_selves() -> None:
    _, _, q = assignments()
    dec = term()
    dec.survey(rows(q.detach()), 0)
    in_training = dec(q, torch.arange(5, N + 5))
    dec.eval()
    torch.testing.assert_close(dec(q, torch.zeros(N, dtype=torch.long)), in_training)


def test_no_gradient_flows_through_the_target() -> None:
    q = assignments()[2].detach().requires_grad_()
    dec = term().eval()
    dec(q, torch.arange(N)).sum().backward()
    p = dec.sharpened(q.detach())
    torch.testing.assert_close(q.grad, -p / q.detach())


def test_a_hard_target_is_the_largest() -> None:
    _, _, q = assignments()
    dec = term(target="hard")
    dec.survey(rows(q.detach()), 0)
    assert dec.p is not None
    weighed = (q**2 / q.sum(0)).argmax(1)
    assert torch.equal(dec.p[5:].argmax(1), weighed) and set(dec.p[5:].flatten().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(dec(q, torch.arange(5, N + 5)), -q[torch.arange(N), weighed].log())


def test_the_training_is_over_when_few_rows_change() -> None:
    _, _, q = assignments()
    q = q.detach()
    dec = term(tolerance=0.1)
    assert dec.survey(rows(q), 0) == {} and not dec.is_over
    other = q.clone()
    other[:8] = q[:8].roll(1, 1)
    assert dec.survey(rows(other), 0) == {"changed": pytest.approx(8 / N)} and not dec.is_over
    assert dec.survey(rows(other), 0) == {"changed": 0.0} and dec.is_over


def test_a_resumed_run_is_the_undisturbed_one(tmp_path: Path) -> None:
    """Stopped between two surveys, with 7 minibatches an epoch: the target comes along."""
    trained(tmp_path / "whole", *RUN)
    trained(tmp_path / "halves", *RUN, "trainer.max_steps=12")
    kept = torch.load(tmp_path / "halves/checkpoints/last.ckpt", weights_only=True)["aelab"]
    assert kept["position"] == 12 and kept["players"]["dec"]["p"].shape[1] == 4
    trained(tmp_path / "halves", *RUN, resume=True)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "halves"))


def test_surveys_come_at_their_interval_and_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    survey = DEC.survey

    def watched(self: DEC, rows: Any, seed: int) -> dict[str, float]:
        seen.append(len(rows("train", "assignment")["assignment"]))
        found = survey(self, rows, seed)
        self.is_over = len(seen) == 4
        return found

    monkeypatch.setattr(DEC, "survey", watched)
    job = trained(tmp_path / "run", *RUN, "trainer.max_epochs=30")
    n = len(job.system.dataset.splits["train"])
    last = read(tmp_path / "run" / "metrics.csv")[-1]
    assert seen == [n] * 4 and (last["stage"], last["step"], last["epoch"]) == ("train", 15, 3)
    assert 0 <= last["train/dec_changed"] <= 1
    position = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)["aelab"]["position"]
    assert position == 15


def test_the_decoder_rests_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither steps nor surveys nor k-means rebuild anything."""
    rebuilt, forward = [], Decoder.forward

    def watched(self: Decoder, h: Tensor) -> Tensor:
        rebuilt.append(len(h))
        return forward(self, h)

    monkeypatch.setattr(Decoder, "forward", watched)
    trained(tmp_path, *RUN, "dataset.split=all", "recipe.reconstruct.epochs=1")
    assert rebuilt == [16] * 6 + [4]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"interval": 0}, "interval must be at least 1, got 0"),
        ({"tolerance": -0.1}, "tolerance must be at least 0, got -0.1"),
        ({"clusters": 1}, "clusters must be at least 2, got 1"),
    ],
)
def test_refuses(settings: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        term(**settings)
    assert str(caught.value) == said
