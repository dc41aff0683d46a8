"""The Gaussian likelihood, with a fixed, a learned or a per-pixel variance."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aelab.loss.term import Likelihood
from aelab.schedule import Number
from aelab.trace import Trace


class Gaussian(Likelihood):
    """−log N(x; x̂, σ²) = ½ Σ_i ( (x_i − x̂_i)²/σ_i² + log σ_i² + log 2π )

    [Kingma & Welling 2014, App. C.2]

    variance: σ² as a number; `learned`, one number trained with the nets, from 1; or `per_pixel`,
    a second map of the decoder.
    floor: what a trained σ² stays above, where a pixel that is always right would take it to 0 and the
    likelihood to infinity: log σ² = log floor + softplus(· − log floor).
    """

    def __init__(
        self,
        variance: float | Literal["learned", "per_pixel"],
        weight: Number,
        pixels: Literal["all", "hidden"],
        floor: float,
    ) -> None:
        super().__init__(weight, pixels)
        if floor <= 0:
            raise ValueError(f"floor must be positive, got {floor}")
        if not isinstance(variance, str) and variance <= 0:
            raise ValueError(f"variance must be positive, got {variance}")
        self.maps = 2 if variance == "per_pixel" else 1
        self.trained, self.floor = isinstance(variance, str), math.log(floor)
        if variance == "learned":
            self.logvar = nn.Parameter(torch.zeros(()))
        elif variance != "per_pixel":
            self.register_buffer("logvar", torch.tensor(math.log(variance)), persistent=False)

    def forward(
        self, x: Tensor, x_hat: Tensor, x_logvar: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        logvar = self.logvar if x_logvar is None else x_logvar
        if self.trained:
            logvar = self.floor + F.softplus(logvar - self.floor)
        squares = (x - x_hat) ** 2 * torch.exp(-logvar)
        return 0.5 * self.summed(squares + logvar + math.log(2 * math.pi), mask)  # [b]

    def log_prob(self, x: Tensor, decoded: Trace) -> Tensor:
        return -self(x, decoded["x_hat"], decoded.get("x_logvar"), decoded.get("mask"))
