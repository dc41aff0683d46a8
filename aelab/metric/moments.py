"""Mean and standard deviation of the code."""

import torch
from torch import Tensor

from aelab.metric.metric import Metric


class Moments(Metric):
    """code_mean = mean over units of |mean over samples of z|
    code_std = mean over units of the standard deviation of z over samples
    code_magnitude = mean over units and samples of |μ|, the centres of q(z given x); of |z| without them

    Draws of z where q(z given x) is a distribution: 0 and 1 where q(z) is the standard normal prior.
    """

    def reset(self) -> None:
        self.parts: list[Tensor] = []
        self.centres: list[Tensor] = []

    def update(self, z: Tensor, mean: Tensor | None = None) -> None:  # type: ignore[override]
        self.parts.append(z.flatten(1).cpu())
        self.centres.append((z if mean is None else mean).flatten(1).cpu())

    def compute(self) -> dict[str, float]:
        z = torch.cat(self.parts).double()  # [n, d]
        std = z.std(0, correction=0)
        return {
            "code_mean": z.mean(0).abs().mean().item(),
            "code_std": std.mean().item(),
            "code_magnitude": torch.cat(self.centres).double().abs().mean().item(),
        }
