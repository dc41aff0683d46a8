"""Colours as strong as those of the data, where an average would be brown."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aelab.colour import luma
from aelab.loss.term import Term
from aelab.processes.group import averaged
from aelab.schedule import Number

if TYPE_CHECKING:
    from aelab.dataset.dataset import Dataset
    from aelab.model.autoencoder import Autoencoder


STEP = 1 / 255


class Chroma(Term):
    """(C(x̂)/C(x) − 1)²,  C(x) = the batch's mean over pixels of ‖x − grey(x)‖, how far R, G, B are from grey

    The mean of all colours that a grey may have had, which a squared error asks for, is weaker than any of
    them. This asks for their strength on average, and leaves to the other terms which pixels have it.
    Nearly grey, C(x) counts as a step of 8 bits: else one batch in grey would outweigh all others.
    """

    def __init__(self, weight: Number) -> None:
        super().__init__(weight)
        self.shape: tuple[int, ...] = (3, 1, 1)

    def prepare(self, dataset: "Dataset") -> None:
        self.shape = dataset.shape

    def objections(self, model: "Autoencoder") -> Iterable[str]:
        if len(self.shape) != 3 or self.shape[0] != 3:
            yield f"needs images of 3 channels, red, green and blue; this data has {list(self.shape)}"

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        both = torch.stack([strength(x_hat), strength(x)])
        if self.training:  # a split is scored by every process as a whole
            both = averaged(both)
        told, true = both
        return (told / true.clamp_min(STEP) - 1).square()  # []


def strength(x: Tensor) -> Tensor:
    """C of images [b, 3, h, w], []"""
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    return torch.linalg.vector_norm(x - luma(x), dim=1).mean()
