"""Where the codes of a model lie along each of its dimensions."""

import torch
from torch import Tensor

from aelab.figure.figure import View
from aelab.model.prior.normal import Normal
from aelab.sampler.prior import regarded


def spread(view: View, z: Tensor) -> tuple[Tensor, Tensor, str]:
    """(m [d], σ [d], whose) of N(0, I) where codes were trained towards it, else of the codes z [n, d]."""
    if isinstance(view.model.prior, Normal) and regarded(view.terms.values()):
        return torch.zeros_like(z[0]), torch.ones_like(z[0]), "the prior N(0, I)"
    return z.mean(0), z.std(0, correction=0), "a normal distribution fitted to the codes"
