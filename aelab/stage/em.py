"""Expectation maximisation: a mixture prior, fitted to the codes in closed steps."""

import copy
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aelab.cluster.kmeans import kmeans
from aelab.errors import Collapsed, at_least
from aelab.model.prior.gaussian_mixture import Covariance, GaussianMixture
from aelab.seed import derive
from aelab.stage.stage import Stage, Work
from aelab.system import System
from aelab.view import codes

FILE = "mixtures.pt"
log = logging.getLogger(__name__)


class EM(Stage):
    """E: r_ik = π_k N(z_i; m_k, Σ_k) / Σ_j π_j N(z_i; m_j, Σ_j)
    M: N_k = Σ_i r_ik,  π_k = N_k/n,  m_k = 1/N_k Σ_i r_ik z_i,  Σ_k = 1/N_k Σ_i r_ik (z_i − m_k)(z_i − m_k)ᵀ

    Each raises L(r, θ) = 1/n Σ_i Σ_k r_ik (log π_k N(z_i; m_k, Σ_k) − log r_ik) ≤ 1/n Σ_i log p(z_i): E to
    where they are equal, M with the r of the E before it.     [Dempster et al. 1977; Neal & Hinton 1998]

    z are the codes of all training rows, in evaluation mode; the encoder stays as it is. metrics.csv has
    `train/bound` after the M of each step, and `train/log_density`, to which the next E lifts it.

    start: where it begins: with means at codes far from each other, each component as wide as the codes that
        are nearest to its own (`k-means++`); with the centroids and clusters of `k-means`; with means at
        `random` codes, each as wide as all of them; or with the `prior` as it stands.
    starts: so many fits, of which the best is kept; of k-means, which gives the one fit the best of its own.
    steps: at most so many of each; no epochs of the trainer's.
    tolerance: nats a row; the fit ends with the first step that gains less.
    floor: is added to the variances, so that none vanishes.
    """

    steps = False

    def __init__(
        self,
        start: Literal["k-means", "k-means++", "random", "prior"],
        starts: int,
        steps: int,
        tolerance: float,
        floor: float,
    ) -> None:
        at_least(starts=(starts, 1), steps=(steps, 0), tolerance=(tolerance, 0), floor=(floor, 0))
        self.start, self.starts, self.most = start, starts, steps
        self.tolerance, self.floor = tolerance, floor

    def run(self, work: Work) -> dict[str, float]:
        if work.has(self.most):
            return {}
        prior = work.system.model.prior
        assert isinstance(prior, GaussianMixture)
        z = codes(work.system, "train")[0].flatten(1).double()  # [n, d]
        fits = 1 if self.start == "k-means" else self.starts
        seeds = [derive(work.seed, work.name, i) % 2**32 for i in range(fits)]
        try:
            climbs = [self.climb(self.begin(prior, z, seed), z, work.interrupt.check) for seed in seeds]
        except ArithmeticError as error:
            raise Collapsed(work.name, self.floor) from error
        found = max(climbs, key=lambda climb: climb.log_density[-1])
        prior.load_state_dict(found.mixture.state_dict())
        steps, last = len(found.bound) - 1, found.log_density[-1]
        log.info("stage %s: %d steps, log density %.6g nats a row", work.name, steps, last)
        if not found.is_done:
            more = f"recipe.{work.name}.steps={steps} or a larger tolerance"
            log.warning(f"stage {work.name}: has not converged; more than {more} may do")
        names = "train/log_density", "train/bound"
        values = zip(found.log_density, found.bound, strict=True)
        work.tell(dict(zip(names, value, strict=True)) for value in values)
        work.keep(FILE, found.kept)
        work.end(self.most)
        return {}

    def begin(self, prior: GaussianMixture, z: Tensor, seed: int) -> GaussianMixture:
        """The mixture where it starts, on the CPU and in double precision."""
        mixture, k = copy.deepcopy(prior).cpu().double(), prior.components
        if self.start == "prior":
            return mixture
        if self.start == "random":
            chosen = np.random.default_rng(seed).choice(len(z), k, replace=False)
            mean, r = z[torch.from_numpy(chosen)], z.new_full((len(z), k), 1 / k)
        elif self.start == "k-means":
            found = kmeans(z, k, self.starts, seed=seed)
            mean, r = found.centroids, one_hot(found.labels, k).to(z)
        else:
            from sklearn.cluster import kmeans_plusplus  # takes a second to import

            mean = torch.from_numpy(kmeans_plusplus(z.numpy(), k, random_state=seed)[0])
            r = one_hot(torch.cdist(z, mean).argmin(1), k).to(z)  # [n, K]
        weights, _, covariance = maximum(z, r, mixture.covariance, self.floor)
        mixture.write(weights, mean, covariance)
        return mixture

    @torch.no_grad()
    def climb(self, mixture: GaussianMixture, z: Tensor, check: Callable[[], None]) -> "Climb":
        """From where the mixture stands, z [n, d]; `check` may stop it between two steps."""
        found = Climb(mixture)
        joint = mixture.log_joint(z)  # [n, K]
        found.reach(joint.logsumexp(1).mean().item())
        while len(found.bound) <= self.most and not found.is_done:
            check()
            log_r = joint.log_softmax(1)  # E
            r = log_r.exp()
            mixture.write(*maximum(z, r, mixture.covariance, self.floor))  # M
            joint = mixture.log_joint(z)
            bound = (r * (joint - log_r)).sum(1).mean().item()
            found.reach(joint.logsumexp(1).mean().item(), bound)
            found.is_done = found.log_density[-1] - found.log_density[-2] < self.tolerance
        return found

    def objections(self, system: System) -> Iterable[str]:
        prior, n = system.model.prior, len(system.dataset.splits["train"])
        if not isinstance(prior, GaussianMixture):
            yield (
                f"fits a mixture to the codes, and the prior is {type(prior).__name__}; "
                "model/prior=gaussian_mixture model.prior.learned=true is one"
            )
        elif not prior.learned:
            yield "fits the prior to the codes, and this one is fixed; model.prior.learned=true lets it"
        elif prior.components > n:
            yield f"there are {n} training rows, fewer than model.prior.components={prior.components}"


@dataclass
class Climb:
    """A fit: how far it came with every step, the start being step 0.

    mixture: as it is now.
    kept: step -> its parameters, of those that a plane has room for.
    """

    mixture: GaussianMixture
    is_done: bool = False
    log_density: list[float] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)
    kept: dict[int, dict[str, Tensor]] = field(default_factory=dict)

    def reach(self, log_density: float, bound: float | None = None) -> None:
        if self.mixture.mean.shape[1] == 2:
            state = self.mixture.state_dict()
            self.kept[len(self.bound)] = {name: value.float() for name, value in state.items()}
        self.log_density.append(log_density)
        self.bound.append(log_density if bound is None else bound)


def maximum(z: Tensor, r: Tensor, covariance: Covariance, floor: float) -> tuple[Tensor, Tensor, Tensor]:
    """z [n, d], r [n, K] -> π [K], m [K, d] and Σ, shaped as `GaussianMixture.write` takes it."""
    n = r.sum(0) + 10 * torch.finfo(r.dtype).eps  # [K], of a component that is nowhere as of any other
    mean = r.T @ z / n[:, None]
    if covariance in ("full", "tied"):
        apart = ((z - m, r_k[:, None]) for m, r_k in zip(mean, r.T, strict=True))
        s = torch.stack([(r_k * a).T @ a for a, r_k in apart])  # [K, d, d]
        s = s.sum(0) / n.sum() if covariance == "tied" else s / n[:, None, None]
        s.diagonal(dim1=-2, dim2=-1).add_(floor)
    else:
        s = torch.stack([r_k @ (z - m) ** 2 for m, r_k in zip(mean, r.T, strict=True)]) / n[:, None]  # [K, d]
        s = (s if covariance == "diagonal" else s.mean(1)) + floor
    return n / n.sum(), mean, s


def mixtures(run: Path) -> dict[int, dict[str, Tensor]]:
    """Of a run's folder, step -> the prior's parameters; {} where none were kept."""
    path = run / "checkpoints" / FILE
    return torch.load(path, weights_only=True) if path.is_file() else {}
