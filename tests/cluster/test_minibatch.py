"""Minibatch k-means: nearly Lloyd's inertia, means in closed form, and never more than a few rows at once."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from aelab.cluster import minibatch as module
from aelab.cluster.kmeans import kmeans, means, nearest
from aelab.cluster.minibatch import SAMPLE, minibatch_kmeans, moved


def blobs(n: int = 2000, d: int = 4, k: int = 6, apart: float = 2.0) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    centres = apart * torch.randn(k, d, generator=generator)
    return centres[torch.arange(n) % k] + torch.randn(n, d, generator=generator)


def stream(z: Tensor, size: int, seed: int = 0) -> Callable[[int], Iterator[Tensor]]:
    """The rows of z, so many at a time, shuffled anew for every pass."""

    def batches(step: int) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(1000 * seed + step)
        for rows in torch.randperm(len(z), generator=generator).split(size):
            yield z[rows]

    return batches


def found(z: Tensor, k: int, size: int, **settings):
    return minibatch_kmeans(stream(z, size), len(z), k, **settings)


def inertia(z: Tensor, m: Tensor) -> float:
    return (torch.cdist(z.double(), m.double()) ** 2).min(1).values.sum().item()


@pytest.mark.parametrize("size", [64, 300])
@pytest.mark.parametrize("apart", [0.7, 2.0])
def test_inertia_is_nearly_lloyds(size: int, apart: float) -> None:
    z = blobs(apart=apart)
    lloyd = kmeans(z, 6, starts=20).inertia
    for seed in range(3):
        own = inertia(z, found(z, 6, size, seed=seed).centroids)
        assert own < 1.03 * lloyd


def test_of_real_digits_too() -> None:
    z = torch.tensor(load_digits(return_X_y=True)[0], dtype=torch.float32)
    own = inertia(z, found(z, 10, 100, starts=10, tolerance=1e-3).centroids)
    assert own < 1.03 * kmeans(z, 10, starts=20).inertia


def test_one_batch_of_all_rows_gives_the_means() -> None:
    """c = 0 before: m_k + (Σz − n_k m_k)/n_k = Σz/n_k, whatever m_k was."""
    z, m = blobs(), 2 * torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(1))
    after, c, rows = moved(m, torch.zeros(3, 5, dtype=torch.float64), z)
    torch.testing.assert_close(after, means(z, m))
    labels = torch.stack([nearest(z, one)[0].bincount(minlength=5) for one in m])
    assert torch.equal(c.long(), labels) and torch.equal(rows.long(), labels) and bool((labels > 0).all())


def test_a_centroid_is_the_mean_of_all_that_it_was_nearest_to() -> None:
    """Whatever minibatches they came in; one that is nobody's nearest stays where it is."""
    z = blobs(n=601, k=2, apart=20.0)
    start = torch.stack([z[0], z[1], torch.full((4,), 1e4)])[None]
    m, c = start, torch.zeros(1, 3, dtype=torch.float64)
    for piece in z.split(50):
        m, c, _ = moved(m, c, piece)
    torch.testing.assert_close(m[0, :2], torch.stack([z[0::2].mean(0), z[1::2].mean(0)]))
    assert torch.equal(m[0, 2], start[0, 2]) and c.tolist() == [[301, 300, 0]]


def test_a_minibatch_counts_as_much_as_its_rows() -> None:
    m, c = torch.tensor([[[0.0]]]), torch.tensor([[6.0]], dtype=torch.float64)
    after, counts, _ = moved(m, c, torch.tensor([[4.0], [8.0]]))
    assert after.item() == 12 / 8 and counts.item() == 8


def test_the_curve_is_what_the_held_sample_has_before_each_pass_and_at_the_end() -> None:
    """Of few rows the sample is all of them, and tells the inertia itself."""
    z = blobs(n=300) + 5
    own = [found(z, 5, 64, starts=1, steps=steps, tolerance=0) for steps in range(4)]
    curve = [inertia(z, one.centroids) for one in own]
    assert own[3].curve == pytest.approx(curve, rel=1e-5) and own[3].inertia == own[3].curve[-1]
    assert [one.steps for one in own] == [0, 1, 2, 3] and not own[3].is_done
    z = blobs(n=5000)
    estimate = found(z, 6, 20, starts=3, steps=2)
    assert estimate.inertia == pytest.approx(inertia(z, estimate.centroids), rel=0.15)


def test_the_best_start_is_kept() -> None:
    z = blobs(n=300, k=8, apart=3.0)
    seeds = range(5)
    ones = [found(z, 8, 50, starts=1, seed=seed, steps=3).inertia for seed in seeds]
    assert found(z, 8, 50, starts=20, steps=3).inertia <= 1.02 * min(ones)


def test_it_stops_when_it_no_longer_moves_or_is_told_to() -> None:
    z = blobs()
    loose, strict = (found(z, 6, 100, starts=2, tolerance=tolerance) for tolerance in (1e-1, 1e-3))
    assert loose.is_done and strict.is_done and 0 < loose.steps < strict.steps
    short = found(z, 6, 100, starts=2, tolerance=0, steps=2)
    assert not short.is_done and short.steps == 2 and len(short.curve) == 3


def test_draws_are_of_the_seed() -> None:
    z = blobs(apart=0.5)
    a, b, c = (found(z, 6, 100, starts=2, steps=2, seed=seed).centroids for seed in (3, 3, 4))
    assert torch.equal(a, b) and not torch.equal(a, c)


@pytest.mark.parametrize("size", [10, 64])
def test_never_more_than_a_few_rows_at_once(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    z, seen = blobs(n=5000), []
    for name in ("totals", "plus_plus", "refill"):
        whole = getattr(module, name)

        def watched(*given, whole, name):
            seen.extend(len(one) for one in given if isinstance(one, Tensor) and one.ndim == 2)
            return whole(*given)

        monkeypatch.setattr(module, name, partial(watched, whole=whole, name=name))
    minibatch_kmeans(stream(z, size), len(z), 6, starts=3, steps=3)
    assert max(seen) == SAMPLE * size < len(z) / 2 and seen.count(size) >= 3 * (len(z) // size)


def test_an_abandoned_centroid_goes_to_a_row_that_is_far_from_its_own() -> None:
    """Two clusters far apart and one row farther still, two of three centroids together at first."""
    z = torch.cat([torch.zeros(30, 1), torch.full((30, 1), 10.0), torch.tensor([[40.0]])])
    z = z + 0.01 * torch.randn(z.shape, generator=torch.Generator().manual_seed(0))
    for seed in range(5):
        own = found(z, 3, 7, starts=1, seed=seed)
        assert own.centroids.flatten().sort().values.tolist() == pytest.approx([0, 10, 40], abs=0.1)


def test_far_from_the_origin_nothing_is_lost() -> None:
    z = blobs()
    there, here = found(z + 1e3, 6, 100, steps=5), found(z, 6, 100, steps=5)
    assert there.inertia == pytest.approx(here.inertia, rel=1e-2)


def test_equal_rows_make_no_harm() -> None:
    own = found(torch.ones(40, 2), 3, 8, starts=2)
    assert own.inertia == 0 and bool(torch.isfinite(own.centroids).all())


def test_refuses_more_clusters_than_rows() -> None:
    with pytest.raises(ValueError, match="5 clusters of 4 rows"):
        found(torch.randn(4, 2), 5, 2)


def test_it_may_be_stopped() -> None:
    calls = []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found(blobs(), 3, 100, tolerance=0, check=stop)
