"""k-means: centroids from several starts at once, on the device where the codes are."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from aelab.errors import at_least

MEMORY = 0.25
"""GiB that the distances from rows to centroids may take."""

CACHED = 1024
"""Rows whose distances and sums are made together on a CPU, while they are in its cache."""


@dataclass
class Rest:
    """Where a start came to rest.

    centroids: [K, d].
    inertia: Σ_i ‖z_i − m_s(i)‖².
    steps: updates of the centroids.
    is_done: whether the last of them moved less than was asked.
    curve: the inertia before each step and after the last.
    """

    centroids: Tensor
    inertia: float
    steps: int
    is_done: bool
    curve: list[float]


@dataclass
class KMeans(Rest):
    """labels: [n] the nearest centroid's number.
    path: the centroids [K, d] before each step and after the last, where they were to be kept.
    """

    labels: Tensor
    path: list[Tensor] = field(default_factory=list)


def kmeans(
    z: Tensor,
    k: int,
    starts: int = 20,
    steps: int = 300,
    tolerance: float = 1e-4,
    seed: int = 0,
    memory: float = MEMORY,
    spread: bool = True,
    keep: bool = False,
    check: Callable[[], None] = lambda: None,
) -> KMeans:
    """min_{m, s} Σ_i ‖z_i − m_s(i)‖²: s(i) the nearest centroid, then m_k the mean of its rows, in turn

    The best of the starts by inertia     [Lloyd 1982; Arthur & Vassilvitskii 2007]

    z: [n, d].
    tolerance: a start is over when Σ_k ‖Δm_k‖² is at most this times the mean variance of a coordinate.
    memory: GiB that distances may take at once; rows are seen in pieces that keep to it.
    spread: whether the first centroids are rows far from each other (k-means++), or rows drawn alike.
    keep: whether the path is.
    check: is called before every step, and may raise.
    """
    at_least(k=(k, 1), starts=(starts, 1), steps=(steps, 0), tolerance=(tolerance, 0))
    if len(z) < k:
        raise ValueError(f"{k} clusters of {len(z)} rows")
    generator = torch.Generator().manual_seed(seed)
    z = z.flatten(1).float()
    centre = z.mean(0)
    z = z - centre  # so that squares are of distances and not of where the codes lie
    rows = (plus_plus if spread else alike)(z, k, starts, generator, memory)  # [starts, K]
    m = z[rows]
    least = tolerance * z.var(0, correction=0).mean().item()
    moving, taken, path = torch.arange(starts, device=z.device), m.new_zeros(starts), [m.clone()]
    before: list[Tensor] = []  # of each step, [starts] the inertia
    for _ in range(steps):
        check()
        after, apart = step(z, m[moving], memory)
        before.append(apart.new_zeros(starts).index_copy(0, moving, apart))
        moved = (after - m[moving]).square().sum((1, 2))
        m[moving] = after
        taken[moving] += 1
        if keep:
            path.append(m.clone())
        moving = moving[moved > least]
        if not len(moving):
            break
    found = [nearest(z, one, memory) for one in m]
    inertia = torch.stack([apart.double().sum() for _, apart in found])
    best = int(inertia.argmin())
    last = int(taken[best])
    return KMeans(
        centroids=m[best] + centre,
        labels=found[best][0],
        inertia=inertia[best].item(),
        steps=last,
        is_done=best not in moving.tolist(),
        curve=torch.stack([*before[:last], inertia])[:, best].tolist(),
        path=[each[best] + centre for each in path[: last + 1]] if keep else [],
    )


def nearest(z: Tensor, m: Tensor, memory: float = MEMORY) -> tuple[Tensor, Tensor]:
    """z [n, d], centroids m [K, d] -> (the nearest's number [n], ‖z − m‖² to it [n])"""
    labels, apart = [], []
    for piece in pieces(z, len(m), memory):
        least, label = crossed(piece, m[None]).min(1)  # [1, b]
        labels.append(label[0])
        apart.append((piece.square().sum(1) + least[0]).clamp_min(0))
    return torch.cat(labels), torch.cat(apart)


def means(z: Tensor, m: Tensor, memory: float = MEMORY) -> Tensor:
    """z [n, d], centroids m [R, K, d] -> [R, K, d] the means of their rows

    A centroid that is nobody's nearest goes to the row that is farthest from its own.
    """
    return step(z, m, memory)[0]


def step(z: Tensor, m: Tensor, memory: float) -> tuple[Tensor, Tensor]:
    """z [n, d], centroids m [R, K, d] -> (`means`, [R] the inertia before)"""
    sums, counts, inertia = totals(z, m, memory)
    after = sums / counts.clamp_min(1)[:, :, None]
    refill(after, counts, z, m, memory)
    return after, inertia


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


def refill(after: Tensor, counts: Tensor, z: Tensor, m: Tensor, memory: float) -> None:
    """Centroids that have no rows go to those of z [n, d] that are farthest from m; all are [R, K, d]."""
    for i in (counts == 0).any(1).nonzero().flatten().tolist():
        empty = (counts[i] == 0).nonzero().flatten()
        after[i, empty] = z[nearest(z, m[i], memory)[1].topk(len(empty)).indices]


def plus_plus(z: Tensor, k: int, starts: int, generator: torch.Generator, memory: float) -> Tensor:
    """[starts, K] row numbers: each next with probability ∝ its squared distance to the nearest before it

    The best of 2 + ⌊ln K⌋ draws, by the inertia that it leaves     [Arthur & Vassilvitskii 2007, sec. 5]
    """
    n, draws = len(z), 2 + int(torch.tensor(float(k)).log())
    chosen = torch.randint(n, (starts, 1), generator=generator).to(z.device)
    apart = torch.stack([squares(z, z[one], memory)[0] for one in chosen])  # [starts, n]
    for _ in range(1, k):
        heights = torch.rand(starts, draws, generator=generator).double().to(z.device)
        below = apart.double().cumsum(1)  # [starts, n]
        rows = torch.searchsorted(below, heights * below[:, -1:]).clamp_max(n - 1)  # [starts, draws]
        best = []
        for i in range(starts):
            left = squares(z, z[rows[i]], memory).minimum(apart[i])  # [draws, n]
            j = int(left.sum(1, dtype=torch.float64).argmin())
            apart[i] = left[j]
            best.append(rows[i, j])
        chosen = torch.cat([chosen, torch.stack(best)[:, None]], dim=1)
    return chosen


def alike(z: Tensor, k: int, starts: int, generator: torch.Generator, memory: float) -> Tensor:
    """[starts, K] row numbers, any as likely as any other, none twice in a start."""
    return torch.stack([torch.randperm(len(z), generator=generator)[:k] for _ in range(starts)]).to(z.device)


def squares(z: Tensor, m: Tensor, memory: float) -> Tensor:
    """‖m_k − z_i‖², z [n, d], m [K, d] -> [K, n]"""
    parts = [
        (crossed(piece, m[None])[0] + piece.square().sum(1)).clamp_min(0)
        for piece in pieces(z, len(m), memory)
    ]
    return torch.cat(parts, dim=1)


def crossed(z: Tensor, m: Tensor) -> Tensor:
    """‖m‖² − 2 m·z, the part of ‖m − z‖² that tells centroids apart; z [b, d], m [R, K, d] -> [R, K, b]"""
    flat = m.flatten(0, 1)
    return torch.addmm(flat.square().sum(1)[:, None], flat, z.T, alpha=-2).view(*m.shape[:2], len(z))


def pieces(z: Tensor, centroids: int, memory: float) -> tuple[Tensor, ...]:
    """z [n, d] in as few pieces as keep [centroids, b] distances within the memory."""
    most = max(1, int(memory * 2**30 / (4 * centroids)))
    return z.split(min(most, CACHED) if z.device.type == "cpu" else most)
