"""k-means: scikit-learn's inertia, each step by hand, and never more memory than was given."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from torch import Tensor

from aelab.cluster import kmeans as module
from aelab.cluster.kmeans import Members, kmeans, means, nearest, plus_plus

GIB = 2**30

Reference: Any = KMeans


def blobs(n: int = 300, d: int = 3, k: int = 4, apart: float = 6.0) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    centres = apart * torch.randn(k, d, generator=generator)
    return centres[torch.arange(n) % k] + torch.randn(n, d, generator=generator)


def by_hand(z: Tensor, m: Tensor) -> Tensor:
    """The next centroids, row by row."""
    apart = ((z[:, None].double() - m.double()) ** 2).sum(2)
    return torch.stack([z[apart.argmin(1) == k].double().mean(0) for k in range(len(m))]).float()


@pytest.mark.parametrize("k", [1, 2, 4])
def test_inertia_is_scikit_learns(k: int) -> None:
    z = blobs()
    found = kmeans(z, k, starts=20, tolerance=0)
    reference = Reference(k, n_init=20, tol=0, random_state=0).fit(z.numpy())
    assert found.inertia == pytest.approx(reference.inertia_, rel=1e-3)
    assert found.is_done and found.labels.unique().tolist() == list(range(k))


@pytest.mark.parametrize("seed", range(3))
def test_from_one_start_both_come_to_rest_at_the_same_place(seed: int) -> None:
    z = blobs(apart=1.0)
    found = kmeans(z, 7, starts=1, tolerance=0, seed=seed, keep=True)
    reference = Reference(7, init=found.path[0].numpy(), n_init=1, tol=0).fit(z.numpy())
    assert found.inertia == pytest.approx(reference.inertia_, rel=1e-5)
    np.testing.assert_allclose(found.centroids.numpy(), reference.cluster_centers_, atol=1e-4)


def test_of_real_digits_too() -> None:
    z = torch.tensor(load_digits(return_X_y=True)[0], dtype=torch.float32)
    found = kmeans(z, 10, starts=20)
    reference = Reference(10, n_init=20, random_state=0).fit(z.numpy())
    assert found.inertia == pytest.approx(reference.inertia_, rel=1e-3)


def test_inertia_and_labels_are_those_of_the_centroids() -> None:
    z = blobs(apart=1.0)
    found = kmeans(z, 5, starts=3, steps=2)
    apart = torch.cdist(z.double(), found.centroids.double()) ** 2
    assert torch.equal(found.labels, apart.argmin(1))
    assert found.inertia == pytest.approx(apart.min(1).values.sum().item(), rel=1e-5)


def test_every_step_is_the_means_of_the_nearest_rows() -> None:
    z = blobs(apart=1.0)
    found = kmeans(z, 4, starts=1, tolerance=0, keep=True, spread=False)
    assert found.steps == len(found.path) - 1 > 2
    for before, after in zip(found.path[:-1], found.path[1:], strict=True):
        torch.testing.assert_close(after, by_hand(z, before))
    assert torch.equal(found.path[-1], found.centroids)


@pytest.mark.parametrize("starts", [1, 6])
def test_the_curve_is_the_inertia_before_each_step_and_at_the_end(starts: int) -> None:
    """Of the start that is kept, while others go on or have come to rest."""
    z = blobs(k=8, apart=2.0) + 5
    found = kmeans(z, 6, starts=starts, tolerance=1e-3, keep=True, spread=False)
    by_hand = [(torch.cdist(z.double(), m.double()) ** 2).min(1).values.sum().item() for m in found.path]
    assert found.steps > 2 and found.curve == pytest.approx(by_hand, rel=1e-5)
    assert found.curve[-1] == found.inertia
    assert kmeans(z, 6, starts=starts, steps=0).curve == [kmeans(z, 6, starts=starts, steps=0).inertia]


def test_of_several_as_near_the_first_counts() -> None:
    z = torch.tensor([[-1.0], [0.0], [1.0], [3.0]])
    m = torch.tensor([[[-1.0], [1.0]], [[1.0], [-1.0]], [[2.0], [2.0]]])
    after = means(z, m).flatten(1)
    torch.testing.assert_close(after[:2], torch.tensor([[-0.5, 2.0], [4 / 3, -1.0]]))
    assert after[2].tolist() == [0.75, -1.0]  # nobody is left for the second, which goes to the farthest row


def test_sums_that_follow_the_changes_are_those_made_anew() -> None:
    """Of each start, also while one of them rests."""
    z, m = blobs(apart=1.0), blobs(n=15, apart=1.0, k=5).view(3, 5, 3)
    members, every = Members(z, 3, 5, 1e-6), torch.arange(3)
    for step in range(12):
        which = every[every != 1] if 3 < step < 8 else every
        members.see(m[which], which)
        torch.testing.assert_close(members.means(m[which], which), means(z, m[which]), rtol=0, atol=0)
        by_hand = torch.stack([nearest(z, one)[1].double().sum() for one in m[which]])
        total = z.double().square().sum()
        torch.testing.assert_close(members.apart(m)[which] + total, by_hand, rtol=1e-5, atol=0)
        m[which] = members.means(m[which], which)


def test_it_stops_when_it_no_longer_moves_or_is_told_to() -> None:
    z = blobs(apart=1.0)
    whole = kmeans(z, 4, starts=1, tolerance=0)
    short = kmeans(z, 4, starts=1, tolerance=0, steps=2)
    loose = kmeans(z, 4, starts=1, tolerance=1e-2)
    assert whole.is_done and not short.is_done and short.steps == 2
    assert loose.is_done and loose.steps < whole.steps


def test_the_best_start_counts() -> None:
    z = blobs(k=8, apart=3.0)
    ones = [kmeans(z, 8, starts=1, seed=seed, spread=False).inertia for seed in range(8)]
    assert max(ones) > 1.05 * min(ones)  # a start may end badly
    assert kmeans(z, 8, starts=20, spread=False).inertia <= 1.01 * min(ones)


def test_draws_are_of_the_seed() -> None:
    z = blobs(apart=1.0)
    a, b, c = (kmeans(z, 6, starts=1, steps=0, seed=seed).centroids for seed in (3, 3, 4))
    assert torch.equal(a, b) and not torch.equal(a, c)


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_pieces_change_nothing_and_keep_within_the_memory(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    z, sizes = blobs(), []
    crossed = module.crossed

    def watched(piece: Tensor, m: Tensor) -> Tensor:
        out = crossed(piece, m)
        sizes.append(out.numel())
        return out

    monkeypatch.setattr(module, "crossed", watched)
    memory = 4 * 5 * 4 * rows / GIB  # of so many rows' distances to 5 starts of 4 centroids
    found = kmeans(z, 4, starts=5, memory=memory)
    assert max(sizes) <= 5 * 4 * rows
    monkeypatch.setattr(module, "crossed", crossed)
    torch.testing.assert_close(found.centroids, kmeans(z, 4, starts=5).centroids)


def test_a_centroid_without_rows_goes_to_the_farthest_row() -> None:
    z = torch.tensor([[0.0], [1.0], [10.0]])
    after = means(z, torch.tensor([[[0.5], [50.0]]]))
    assert after.flatten().tolist() == [pytest.approx(11 / 3), 10.0]
    assert kmeans(z, 3, starts=1, spread=False).inertia == 0


def test_far_from_the_origin_nothing_is_lost() -> None:
    z = blobs()
    there, here = kmeans(z + 1e3, 4), kmeans(z, 4)
    assert there.inertia == pytest.approx(here.inertia, rel=1e-3)


def test_plus_plus_prefers_what_is_far() -> None:
    """Of two tight groups, the second centroid is always of the other group."""
    z = torch.cat([torch.randn(50, 2), 100 + torch.randn(50, 2)])
    chosen = plus_plus(z, 2, 30, torch.Generator().manual_seed(0), 1.0)
    assert chosen.shape == (30, 2) and ((chosen < 50).sum(1) == 1).all()
    assert len(chosen[:, 0].unique()) > 10


def test_nearest_is_the_nearest() -> None:
    z, m = blobs(), torch.randn(5, 3)
    label, apart = nearest(z, m, 1e-6)
    whole = torch.cdist(z.double(), m.double()) ** 2
    assert torch.equal(label, whole.argmin(1))
    torch.testing.assert_close(apart.double(), whole.min(1).values, rtol=1e-4, atol=1e-4)


def test_mixed_precision_does_not_round_the_distances() -> None:
    """Squares of 1e4 and products beside them: what bf16 would keep of their difference is noise."""
    z = blobs() + 100
    plain = kmeans(z, 4, starts=3)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = kmeans(z, 4, starts=3)
        assert torch.equal(nearest(z, mixed.centroids)[0], plain.labels)
    assert mixed.inertia == plain.inertia and torch.equal(mixed.labels, plain.labels)


def test_equal_rows_make_no_harm() -> None:
    found = kmeans(torch.ones(20, 2), 3, starts=2)
    assert found.inertia == 0 and bool(torch.isfinite(found.centroids).all())


def test_refuses_more_clusters_than_rows() -> None:
    with pytest.raises(ValueError, match="5 clusters of 4 rows"):
        kmeans(torch.randn(4, 2), 5)
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        kmeans(torch.randn(4, 2), 0)


def test_it_may_be_stopped() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kmeans(torch.from_numpy(np.random.default_rng(0).normal(size=(20, 2))), 3, check=stop)
