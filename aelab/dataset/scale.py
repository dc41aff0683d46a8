"""Between the data's own units and the model's."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Scale:
    """x = (raw − offset) / factor, per feature or for all at once; `inverse` goes back."""

    offset: Tensor  # [] or [*shape]
    factor: Tensor  # [] or [*shape]

    def __call__(self, raw: Tensor) -> Tensor:
        if raw.dtype == torch.float32:
            return (raw - self.offset).div_(self.factor)
        return raw.float().sub_(self.offset).div_(self.factor)  # in place on the copy: the cheapest on bytes

    def inverse(self, x: Tensor) -> Tensor:
        return x * self.factor + self.offset

    def to(self, device: torch.device) -> "Scale":
        return Scale(self.offset.to(device), self.factor.to(device))


def fixed(offset: float, factor: float) -> Scale:
    """The same for every feature: 255 takes bytes to [0, 1]."""
    return Scale(torch.tensor(float(offset)), torch.tensor(float(factor)))


def unit(train: Tensor) -> Scale:
    """The range over the training rows to [0, 1]: every feature of a vector, an image as a whole."""
    x = train.flatten() if train.ndim == 4 else train
    low, high = x.amin(0).float(), x.amax(0).float()
    return Scale(low, torch.where(high > low, high - low, 1.0))  # a constant feature becomes 0


def standard(train: Tensor) -> Scale:
    """Mean 0, standard deviation 1 over the training rows: every feature of a vector, an image as a whole."""
    x = train.flatten() if train.ndim == 4 else train
    std, mean = torch.std_mean(x.float(), dim=0, correction=0)
    return Scale(mean, torch.where(x.amax(0) > x.amin(0), std, 1.0))
