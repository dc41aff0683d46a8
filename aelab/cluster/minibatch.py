"""Minibatch k-means: centroids of rows that come batch by batch and are never all in memory."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from aelab.cluster.kmeans import MEMORY, Rest, crossed, pieces, plus_plus, refill
from aelab.errors import at_least

SAMPLE = 10
"""Rows of a sample, times the rows of a batch or, where there are more of them, the clusters."""


def minibatch_kmeans(
    batches: Callable[[int], Iterator[Tensor]],
    n: int,
    k: int,
    starts: int = 20,
    steps: int = 300,
    tolerance: float = 1e-4,
    seed: int = 0,
    memory: float = MEMORY,
    check: Callable[[], None] = lambda: None,
) -> Rest:
    """min_{m, s} Σ_i ‖z_i − m_s(i)‖², minibatch by minibatch     [Sculley 2010]

    A step is a pass over all rows. Several starts see the same minibatches; one sample of rows has their
    first centroids (k-means++), another judges: its inertia, times n over its rows, is the inertia that is
    told, and the start where it is least is kept.

    A centroid that was no row's nearest in a whole pass goes to the row of the first sample that is farthest
    from its own, and begins anew.

    batches: pass -> the rows, [b, d] and [b, d] and ..., in an order of its own.
    n: how many they are.
    tolerance: a start is over when, in a pass, Σ_k ‖Δm_k‖² is at most this times the mean variance of a
        coordinate.
    memory: GiB that distances may take at once.
    check: is called before every minibatch, and may raise.
    """
    at_least(k=(k, 1), starts=(starts, 1), steps=(steps, 0), tolerance=(tolerance, 0))
    if n < k:
        raise ValueError(f"{k} clusters of {n} rows")
    first, held = samples(batches(0), k, check)
    centre = first.mean(0)
    first, held = first - centre, held - centre  # so that squares are of distances
    m = first[plus_plus(first, k, starts, torch.Generator().manual_seed(seed), memory)]  # [R, K, d]
    least = tolerance * first.var(0, correction=0).mean().item()
    c = m.new_zeros(starts, k, dtype=torch.float64)
    moving, taken = torch.arange(starts, device=m.device), m.new_zeros(starts)
    curve = [totals(held, m, memory)[2]]  # [R]
    for step in range(1, steps + 1):
        before = now = m[moving]
        counts, seen = c[moving], torch.zeros_like(c[moving])
        for z in batches(step):
            check()
            now, counts, rows = moved(now, counts, z.flatten(1).float() - centre, memory)
            seen += rows
        counts[seen == 0] = 0
        refill(now, seen, first, now, memory)
        m[moving], c[moving] = now, counts
        taken[moving] += 1
        curve.append(curve[-1].index_copy(0, moving, totals(held, now, memory)[2]))
        moving = moving[(now - before).square().sum((1, 2)) > least]
        if not len(moving):
            break
    best = int(curve[-1].argmin())
    last = int(taken[best])
    inertia = (torch.stack(curve)[: last + 1, best] * (n / len(held))).tolist()
    return Rest(m[best] + centre, inertia[-1], last, best not in moving.tolist(), inertia)


def moved(m: Tensor, c: Tensor, z: Tensor, memory: float = MEMORY) -> tuple[Tensor, Tensor, Tensor]:
    """c_k ← c_k + n_k,  m_k ← m_k + (Σ_{i: s(i) = k} z_i − n_k m_k)/c_k

    A minibatch z [b, d] moves centroids m [R, K, d] that so far were nearest to c [R, K] rows: each stays the
    mean of all that it ever was nearest to. -> m, c and the n_k, [R, K].
    """
    sums, rows, _ = totals(z, m, memory)
    c = c + rows
    return m + (sums - rows[:, :, None] * m) / c.clamp_min(1).to(m)[:, :, None], c, rows


def totals(z: Tensor, m: Tensor, memory: float = MEMORY) -> tuple[Tensor, Tensor, Tensor]:
    """z [n, d], centroids m [R, K, d] -> their rows' sums [R, K, d] and numbers [R, K], the inertia [R]"""
    r, k, d = m.shape
    sums, counts = m.new_zeros(r * k, d), m.new_zeros(r * k)
    inertia = m.new_zeros(r, dtype=torch.float64)
    offset = k * torch.arange(r, device=m.device)[:, None]
    for piece in pieces(z, r * k, memory):
        least, label = crossed(piece, m).min(1)  # [R, b]; takes a fraction of argmin's time
        inertia += (piece.square().sum(1) + least).clamp_min(0).sum(1, dtype=torch.float64)
        label += offset
        for one in label:
            sums.index_add_(0, one, piece)
        counts += torch.bincount(label.flatten(), minlength=r * k)
    return sums.view(r, k, d), counts.view(r, k), inertia


def samples(batches: Iterator[Tensor], k: int, check: Callable[[], None]) -> tuple[Tensor, Tensor]:
    """Two samples of the rows, [n, d] each: apart from each other where there are rows enough."""
    parts: list[Tensor] = []
    most, taken = 1, 0
    for z in batches:
        check()
        parts.append(z.flatten(1).float())
        most, taken = SAMPLE * max(len(parts[0]), k), taken + len(z)
        if taken >= 2 * most:
            break
    rows = torch.cat(parts)
    return rows[:most], rows[-most:]
