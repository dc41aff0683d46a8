"""What the processes of a run tell each other; of a run in one process, nothing."""

from collections.abc import Iterable
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

T = TypeVar("T")


def several() -> bool:
    """Whether other processes train beside this one."""
    return dist.is_available() and dist.is_initialized()


def gathered(x: Tensor) -> Tensor:
    """The whole minibatch's rows of x [b, ...], [b·w, ...] in its order: row i of process r is row i·w + r

    With the gradient of a process's own rows times w: the processes' gradients are averaged afterwards, and
    each knows only of its own, so that what is computed of all rows comes out as in one process.
    """
    if not several():
        return x
    w, r = dist.get_world_size(), dist.get_rank()
    own = x.detach().contiguous()
    parts = [torch.empty_like(own) for _ in range(w)]
    dist.all_gather(parts, own)
    parts[r] = own + w * (x - own) if x.requires_grad else own
    return torch.stack(parts, 1).flatten(0, 1)


def averaged(x: Tensor) -> Tensor:
    """The mean of the processes' x, with the gradient of one's own: training averages gradients, too."""
    if not several():
        return x
    total = x.detach().clone()
    dist.all_reduce(total)
    mean = total / dist.get_world_size()
    return mean + (x - x.detach()) if x.requires_grad else mean


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Of all processes, of those parameters that have any."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    whole = _flatten_dense_tensors(gradients)
    dist.all_reduce(whole)
    whole /= dist.get_world_size()
    for gradient, mean in zip(gradients, _unflatten_dense_tensors(whole, gradients), strict=True):
        gradient.copy_(mean)


def greatest(number: int) -> int:
    """That a process has."""
    if not several():
        return number
    most = torch.tensor(number)
    dist.all_reduce(most, dist.ReduceOp.MAX)
    return int(most)


def from_first(value: T) -> T:
    """What the first process has."""
    if not several():
        return value
    told = [value]
    dist.broadcast_object_list(told)
    return told[0]


def level(module: torch.nn.Module) -> None:
    """Parameters and buffers as the first process has them."""
    if several():
        for value in module.state_dict().values():
            dist.broadcast(value, 0)
