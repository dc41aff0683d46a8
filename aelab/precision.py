"""What must not be computed in half precision, whatever the trainer's."""

import torch
from torch import Tensor


def single(x: Tensor) -> Tensor:
    """x, in single precision where it has less."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
