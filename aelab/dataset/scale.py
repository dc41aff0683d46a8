"""Between the data's own units and the model's."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Scale:
    """x = (raw − offset) / factor, per feature or for all at once; `inverse` goes back."""

    offset: Tensor
    factor: Tensor

    def __call__(self, raw: Tensor) -> Tensor:
        return raw.float().sub_(self.offset).div_(self.factor) if raw.dtype != torch.float32 else (
            (raw - self.offset) / self.factor
        )

    def inverse(self, x: Tensor) -> Tensor:
        return x * self.factor + self.offset

    def to(self, device: torch.device) -> "Scale":
        return Scale(self.offset.to(device), self.factor.to(device))


def fixed(offset: float, factor: float) -> Scale:
    """The same for every feature: 255 takes bytes to [0, 1]."""
    return Scale(torch.tensor(float(offset)), torch.tensor(float(factor)))


def unit(train: Tensor) -> Scale:
    """Every feature's range over the training rows to [0, 1]; a constant feature to 0."""
    low, high = train.amin(0).float(), train.amax(0).float()
    return Scale(low, torch.where(high > low, high - low, 1.0))


def standard(train: Tensor) -> Scale:
    """Every feature to mean 0 and standard deviation 1 over the training rows."""
    std, mean = torch.std_mean(train.float(), dim=0, correction=0)
    return Scale(mean, torch.where(std > 0, std, 1.0))
