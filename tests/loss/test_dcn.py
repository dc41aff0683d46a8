"""DCN: a minibatch's update is its rows' in turn, no gradient moves a centroid, both readings of λ."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from training import same, trained, weights

from aelab.loss.dcn import DCN
from aelab.model.latent.clusters import Clusters

N, K, D = 30, 3, 2

RUN = [
    "model/latent=clusters",
    "model.latent.dim=3",
    "clusters=4",
    "loss=[mse,dcn]",
    "recipe=fit_kmeans_fit",
    "recipe.kmeans.starts=2",
]


def term(**settings: Any) -> DCN:
    given: dict[str, Any] = {"strength": 0.5, "reading": "paper", "update": "online", "count": 10}
    made = DCN(1.0, **(given | settings))
    made.rows, made.train_rows = N, torch.arange(N)
    return made


def drawn() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(8, D), torch.randn(K, D), torch.tensor([3, 1, 4, 15, 9, 2, 6, 5])


def test_an_update_is_the_rows_one_after_the_other() -> None:
    """Given to the centroids as they were: c ← c + 1, m ← m + (z − m)/c."""
    z, m, index = drawn()
    dcn, centroids = term(), m.clone()
    dcn.move({"z": z, "centroids": centroids, "index": index})
    expected, counts = m.double().clone(), [10] * K
    for row in z.double():
        k = int(((row - m.double()) ** 2).sum(1).argmin())
        counts[k] += 1
        expected[k] += (row - expected[k]) / counts[k]
    torch.testing.assert_close(centroids.double(), expected, rtol=1e-5, atol=1e-6)
    assert dcn.counts is not None and dcn.counts.tolist() == counts


def test_centroids_do_move() -> None:
    """An integer step of 1/c would be 0."""
    z, m, index = drawn()
    centroids, dcn = m.clone(), term(count=100)
    for _ in range(50):
        dcn.move({"z": z, "centroids": centroids, "index": index})
    assert (centroids - m).abs().max() > 0.1


@pytest.mark.parametrize(("reading", "factor"), [("paper", 0.25), ("code", 2.0)])
def test_both_readings(reading: str, factor: float) -> None:
    z, m, index = drawn()
    loss = term(strength=0.5, reading=reading)(z, m, index)
    torch.testing.assert_close(loss, factor * torch.cdist(z, m).min(1).values ** 2)


def test_no_gradient_reaches_a_centroid() -> None:
    z, m, index = drawn()
    z, m = z.requires_grad_(), m.requires_grad_()
    term()(z, m, index).sum().backward()
    assert m.grad is None and z.grad is not None
    near = torch.cdist(z, m).argmin(1)
    torch.testing.assert_close(z.grad, 0.5 * (z - m[near]).detach())


def test_a_row_keeps_the_cluster_that_it_was_given_last() -> None:
    z, m, index = drawn()
    dcn, centroids = term(), m.clone()
    dcn.move({"z": z, "centroids": centroids, "index": index})
    given = torch.cdist(z, m).argmin(1)
    elsewhere = z.flip(0)
    now = torch.cdist(elsewhere, centroids).argmin(1)
    assert not torch.equal(given, now)
    apart = (elsewhere - centroids[given]).square().sum(1)
    torch.testing.assert_close(dcn(elsewhere, centroids, index), 0.25 * apart)
    dcn.eval()  # and is scored by the nearest
    apart = (elsewhere - centroids[now]).square().sum(1)
    torch.testing.assert_close(dcn(elsewhere, centroids, index), 0.25 * apart)
    changed = dcn.move({"z": elsewhere, "centroids": centroids, "index": index})
    assert changed.item() == pytest.approx((given != now).double().mean().item())


def test_offline_centroids_are_the_means_of_all_rows() -> None:
    torch.manual_seed(0)
    z, latent, dcn = torch.randn(N, D), Clusters(D, K), term(update="offline")
    latent.centroids.data = torch.randn(K, D)
    near = torch.cdist(z, latent.centroids).argmin(1)
    rows: Callable[..., dict[str, Tensor]] = lambda *_: {"z": z, "centroids": latent.centroids}  # noqa: E731
    assert not dcn.answers and dcn.interval == 0
    assert dcn.survey(rows, 0) == {}
    expected = torch.stack([z[near == k].mean(0) for k in range(K)])
    torch.testing.assert_close(latent.centroids.detach(), expected)
    assert dcn.cluster is not None
    assert torch.equal(dcn.cluster, torch.cdist(z, latent.centroids).argmin(1))
    assert 0 <= dcn.survey(rows, 0)["changed"] < 0.5


@pytest.mark.parametrize("update", ["online", "offline"])
def test_a_resumed_run_is_the_undisturbed_one(update: str, tmp_path: Path) -> None:
    run = [*RUN, f"loss.dcn.update={update}"]
    trained(tmp_path / "whole", *run)
    trained(tmp_path / "halves", *run, "trainer.max_steps=12")
    trained(tmp_path / "halves", *run, resume=True)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "halves"))


def test_the_optimizer_leaves_centroids_alone(tmp_path: Path) -> None:
    """A tiny step towards the codes of a minibatch is all that moves them."""
    run = [*RUN, "loss.dcn.count=1000000000", "optimizer=adamw", "optimizer.weight_decay=0.5"]
    job = trained(tmp_path / "run", *run)
    found = torch.load(tmp_path / "run/checkpoints/kmeans/last.ckpt", weights_only=True)["state_dict"]
    latent = job.system.model.latent
    assert isinstance(latent, Clusters)
    torch.testing.assert_close(found["system.model.latent.centroids"], latent.centroids.detach())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"strength": 0.0}, "strength must be positive, got 0.0"),
        ({"count": 0}, "count must be at least 1, got 0"),
    ],
)
def test_refuses(settings: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        term(**settings)
    assert str(caught.value) == said
