"""DeepCluster: labels, head and optimizer made anew, clusters drawn alike, exact resume."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor
from training import same, trained, weights

from aelab.history import read
from aelab.loss.pseudo_labels import PseudoLabels, normalised
from aelab.minibatches import drawn
from aelab.training import Training

N, D, K = 60, 4, 3

RUN = [
    "loss=[pseudo_labels]",
    "loss.pseudo_labels.clusters=5",
    "loss.pseudo_labels.optimizer.momentum=0.9",
    "model.latent.dim=4",
    "model.decoder=false",
    "callback.checkpoint.monitor=null",
    "metric=[moments]",
]


def term(**settings: Any) -> PseudoLabels:
    given: dict[str, Any] = {"clusters": K, "components": 10, "steps": 50}
    made = PseudoLabels(1.0, D, optimizer=partial(torch.optim.SGD, lr=0.1), **(given | settings))
    made.rows, made.train_rows = N + 10, torch.arange(10, N + 10)
    return made


def groups() -> tuple[Tensor, Tensor]:
    """(z [N, D] of three unequal groups, the group of each)"""
    torch.manual_seed(0)
    group = torch.tensor([0] * 10 + [1] * 20 + [2] * 30)
    return 8 * torch.randn(K, D)[group] + 0.1 * torch.randn(N, D), group


def surveyed(made: PseudoLabels, z: Tensor, seed: int = 0) -> dict[str, float]:
    rows: Callable[..., dict[str, Tensor]] = lambda split, *names: {"z": z}  # noqa: E731
    return made.survey(rows, seed)


def test_labels_are_the_clusters() -> None:
    z, group = groups()
    made = term(components=2)  # three groups lie in a plane; beside it is noise
    assert surveyed(made, z) == {"clusters": 3.0}
    assert made.cluster is not None and made.cluster[:10].eq(-1).all()
    pairs = set(zip(made.cluster[10:].tolist(), group.tolist(), strict=True))
    assert len(pairs) == K  # the same but for their numbers
    again = surveyed(made, z)
    assert again["nmi"] == pytest.approx(1.0)


def test_loss_is_the_cross_entropy_of_the_head() -> None:
    z, _ = groups()
    made = term()
    surveyed(made, z)
    index = torch.tensor([10, 40, 69, 3])  # the last was not clustered
    w, b = made.own.parameters()
    logits = z[:4] @ w.T + b
    assert made.cluster is not None
    expected = -logits.log_softmax(1)[torch.arange(3), made.cluster[index[:3]]]
    found = made(z[:4], index)
    torch.testing.assert_close(found[:3], expected)
    assert found[3] == 0


def test_the_encoder_and_the_head_each_get_their_own_gradient() -> None:
    z, _ = groups()
    made, index = term(), torch.arange(10, 30)
    surveyed(made, z)
    some = z[:20].clone().requires_grad_()
    made(some, index).mean().backward()
    assert some.grad is not None and all(p.grad is None for p in made.own.parameters())
    before = [p.detach().clone() for p in made.own.parameters()]
    torch.nn.functional.cross_entropy(made.own(z[:20]), made.cluster[index]).backward()  # type: ignore[index]
    slopes = [p.grad for p in made.own.parameters()]
    expected = [b - 0.1 * g for b, g in zip(before, slopes, strict=True) if g is not None]
    made.move({"z": some, "index": index}, torch.optim.SGD(made.own.parameters(), lr=0.1))
    for p, e in zip(made.own.parameters(), expected, strict=True):
        torch.testing.assert_close(p.detach(), e)


def test_the_head_begins_anew() -> None:
    z, _ = groups()
    made = term()
    surveyed(made, z)
    first, _ = (p.detach().clone() for p in made.own.parameters())
    with torch.no_grad():
        for parameter in made.own.parameters():
            parameter.add_(5)
    surveyed(made, z, seed=1)
    second, bias = made.own.parameters()
    assert second.std() < 0.02 and not bias.any() and not torch.equal(first, second)


def test_every_cluster_is_drawn_as_often() -> None:
    z, group = groups()
    made = term()
    assert made.chances() is None
    surveyed(made, z)
    chances = made.chances()
    assert chances is not None
    many = torch.cat([group[drawn(N, chances, torch.Generator().manual_seed(i))] for i in range(100)])
    torch.testing.assert_close(many.bincount() / len(many), torch.full((3,), 1 / 3), atol=0.02, rtol=0)


def test_codes_are_whitened_and_of_length_one() -> None:
    torch.manual_seed(0)
    z = torch.randn(500, 6) @ torch.randn(6, 6) + 3
    z = torch.cat([z, z[:, :1], torch.ones(500, 1)], dim=1)  # a copy, and what never varies
    found = normalised(z, 10)
    assert found.shape == (500, 6)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(500))
    reference = PCA(6, whiten=True).fit_transform(z.double().numpy())
    reference = torch.nn.functional.normalize(torch.from_numpy(reference), dim=1)
    cosines = found.double() @ found.double().T  # whatever signs and order the components have
    torch.testing.assert_close(cosines, reference @ reference.T, atol=1e-4, rtol=0)
    assert normalised(z, 2).shape == (500, 2)


def test_a_resumed_run_is_the_undisturbed_one(tmp_path: Path) -> None:
    """Stopped within an epoch of 7 minibatches: labels, draws and the head's momentum come along."""
    trained(tmp_path / "whole", *RUN)
    trained(tmp_path / "halves", *RUN, "trainer.max_steps=11")
    trained(tmp_path / "halves", *RUN, resume=True)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "halves"))
    rows = read(tmp_path / "whole" / "metrics.csv")
    assert [row["step"] for row in rows] == [7, 14, 21] and 0 <= rows[-1]["train/pseudo_labels_nmi"] <= 1


def test_the_old_head_s_momentum_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    survey = Training.survey

    def watched(self: Training) -> bool:
        over = survey(self)
        seen.append(len(self.opponents[0].state))
        return over

    monkeypatch.setattr(Training, "survey", watched)
    trained(tmp_path / "run", *RUN, "trainer.max_epochs=2")
    assert seen[0] == 0 and seen.count(0) >= 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clusters": 1}, "clusters must be at least 2, got 1"),
        ({"components": 0}, "components must be at least 1, got 0"),
    ],
)
def test_refuses(settings: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        term(**settings)
    assert str(caught.value) == said
