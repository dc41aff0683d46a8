"""Every draw is a function of (seed, stage, what, step): a resumed run equals the uninterrupted one."""

from collections.abc import Callable
from hashlib import blake2b

import torch


def derive(*parts: object) -> int:
    """A seed of 62 bits from whatever names a stream of draws."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "big") >> 2


def seeder(device: torch.device) -> Callable[[int], object]:
    """What seeds the default generators that draws on this device use, at next to no cost."""
    on_cpu = torch.default_generator.manual_seed
    if device.type == "cpu":
        return on_cpu
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        on_cuda = torch.cuda.default_generators[index].manual_seed
        return lambda seed: (on_cpu(seed), on_cuda(seed))
    return torch.manual_seed  # knows every other device
