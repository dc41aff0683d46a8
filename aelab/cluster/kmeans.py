"""k-means: centroids from several starts at once, on the device where the codes are."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from aelab.errors import at_least

MEMORY = 0.25
"""GiB that the distances from rows to centroids may take."""

CACHED = 2**18
"""Numbers that a core's cache holds: on a CPU, pieces of rows and their distances keep to it."""


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
    total = norms(z, memory, torch.float64).sum()
    least = tolerance * total.item() / max(1, z.numel())
    moving, taken, path = torch.arange(starts, device=z.device), m.new_zeros(starts), [m.clone()]
    members = Members(z, starts, k, memory)
    curve: list[Tensor] = []  # of each step, [starts] the inertia before
    for _ in range(steps):
        check()
        members.see(m[moving], moving)
        curve.append(total + members.apart(m))
        after = members.means(m[moving], moving)
        moved = (after - m[moving]).square().sum((1, 2))
        m[moving] = after
        taken[moving] += 1
        if keep:
            path.append(m.clone())
        moving = moving[moved > least]
        if not len(moving):
            break
    members.see(m, torch.arange(starts, device=z.device))
    inertia = total + members.apart(m)
    best = int(inertia.argmin())
    last = int(taken[best])
    return KMeans(
        centroids=m[best] + centre,
        labels=members.number(members.rank[best]),
        inertia=inertia[best].clamp_min(0).item(),
        steps=last,
        is_done=best not in moving.tolist(),
        curve=torch.stack([*curve[:last], inertia])[:, best].clamp_min(0).tolist(),
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
    members, every = Members(z, len(m), m.shape[1], memory), torch.arange(len(m), device=m.device)
    members.see(m, every)
    return members.means(m, every)


class Members:
    """Whose rows are whose, in several starts: only rows that change their centroid go from sum to sum.

    z: [n, d].
    rank: [R, n] of each row's centroid, K of the first to 1 of the last; 0 before it is seen.
    sums, counts: [R, K, d], [R, K] of the rows of each.
    """

    def __init__(self, z: Tensor, r: int, k: int, memory: float) -> None:
        self.z, self.k, self.memory = z, k, memory
        self.rank = z.new_zeros(r, len(z))
        self.sums = z.new_zeros(r, k, z.shape[1], dtype=torch.float64)
        self.counts = z.new_zeros(r, k, dtype=torch.float64)

    def see(self, m: Tensor, which: Tensor) -> None:
        """Give each row its nearest of the centroids m [r, K, d], in these starts [r]."""
        before, rank = self.rank.index_select(0, which), ranks(self.z, m, self.memory)
        is_first = not self.counts.any()
        for some in (rank != before).nonzero().split(room(4 * m.shape[2], self.memory)):
            start, row = some.unbind(1)
            rows = self.z.index_select(0, row).double()
            if not is_first:
                self.add(-rows, which[start], before[start, row], -1)
            self.add(rows, which[start], rank[start, row], 1)
        self.rank.index_copy_(0, which, rank)

    def add(self, rows: Tensor, start: Tensor, rank: Tensor, count: int) -> None:
        """Rows [c, d] to the sums of their starts [c] and ranks [c]; to take rows away, -rows and -1."""
        place = start * self.k + self.number(rank)
        self.sums.flatten(0, 1).index_add_(0, place, rows)
        self.counts.flatten().index_add_(0, place, rows.new_full((len(rows),), count))

    def number(self, rank: Tensor) -> Tensor:
        """The centroids of these ranks; where distances are NaN, the last."""
        return (self.k - rank).clamp_max(self.k - 1).long()

    def means(self, m: Tensor, which: Tensor) -> Tensor:
        """[r, K, d] of the rows of each, in these starts [r], where the centroids are m [r, K, d]"""
        counts = self.counts[which]
        after = (self.sums[which] / counts.clamp_min(1)[..., None]).to(m)
        refill(after, counts, self.z, m, self.memory)
        return after

    def apart(self, m: Tensor) -> Tensor:
        """Σ_i ‖m_s(i)‖² − 2 m_s(i)·z_i of centroids m [R, K, d]: the inertia [R] less Σ_i ‖z_i‖²"""
        m = m.double()
        return (self.counts * m.square().sum(2) - 2 * (m * self.sums).sum(2)).sum(1)


def ranks(z: Tensor, m: Tensor, memory: float) -> Tensor:
    """z [n, d], centroids m [R, K, d] -> [R, n] of each row's nearest, K of the first to 1 of the last

    By whole comparisons: min and argmin branch at every number, and take several times as long.
    """
    k = m.shape[1]
    each = torch.arange(k, 0, -1, device=m.device, dtype=m.dtype)[:, None]
    found = []
    for piece in pieces(z, len(m) * k, memory):
        apart = crossed(piece, m)  # [R, K, b]
        found.append(apart.eq_(apart.amin(1, keepdim=True)).mul_(each).amax(1))
    return torch.cat(found, dim=1)


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
    norm = norms(z, memory)
    apart = torch.stack([squares(z, norm, z[one], memory)[0] for one in chosen])  # [starts, n]
    for _ in range(1, k):
        heights = torch.rand(starts, draws, generator=generator).double().to(z.device)
        below = apart.double().cumsum(1)  # [starts, n]
        rows = torch.searchsorted(below, heights * below[:, -1:]).clamp_max(n - 1)  # [starts, draws]
        best = []
        for i in range(starts):
            left = squares(z, norm, z[rows[i]], memory).minimum(apart[i])  # [draws, n]
            j = int(left.sum(1, dtype=torch.float64).argmin())
            apart[i] = left[j]
            best.append(rows[i, j])
        chosen = torch.cat([chosen, torch.stack(best)[:, None]], dim=1)
    return chosen


def alike(z: Tensor, k: int, starts: int, generator: torch.Generator, memory: float) -> Tensor:
    """[starts, K] row numbers, any as likely as any other, none twice in a start."""
    return torch.stack([torch.randperm(len(z), generator=generator)[:k] for _ in range(starts)]).to(z.device)


def squares(z: Tensor, norm: Tensor, m: Tensor, memory: float) -> Tensor:
    """‖m_k − z_i‖², z [n, d], its norms [n], m [K, d] -> [K, n]"""
    split = pieces(z, len(m), memory)
    both = zip(split, norm.split(len(split[0])), strict=True)
    return torch.cat([crossed(piece, m[None])[0].add_(own).clamp_min_(0) for piece, own in both], dim=1)


def norms(z: Tensor, memory: float, dtype: torch.dtype = torch.float32) -> Tensor:
    """‖z_i‖², z [n, d] -> [n]"""
    return torch.cat([piece.to(dtype).square().sum(1) for piece in pieces(z, 2 * z.shape[1], memory)])


def crossed(z: Tensor, m: Tensor) -> Tensor:
    """‖m‖² − 2 m·z, the part of ‖m − z‖² that tells centroids apart; z [b, d], m [R, K, d] -> [R, K, b]"""
    flat = m.flatten(0, 1)
    with torch.autocast(z.device.type, enabled=False):  # a difference of products: in bf16 all rounding
        found = torch.addmm(flat.square().sum(1)[:, None], flat, z.T, alpha=-2)
    return found.view(*m.shape[:2], len(z))


def pieces(z: Tensor, centroids: int, memory: float) -> tuple[Tensor, ...]:
    """z [n, d] in as few pieces as keep [centroids, b] distances within the memory, and a CPU's caches."""
    most = room(centroids, memory)
    if z.device.type == "cpu":
        most = min(most, max(512, torch.get_num_threads() * CACHED // (centroids + z.shape[1])))
    return z.split(most)


def room(numbers: int, memory: float) -> int:
    """Rows for each of which the memory takes so many numbers."""
    return max(1, int(memory * 2**30 / (4 * numbers)))
