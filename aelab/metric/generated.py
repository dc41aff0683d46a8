"""What metrics of a model's own images share: the draws."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from aelab.model.autoencoder import Prior

Decode = Callable[[Tensor], dict[str, Any]]


def drawn(x: Tensor, prior: Prior, decode: Decode, c: Tensor | None) -> Tensor:
    """decode(z), z ~ p(z), as many as x has rows and given their c, [b, *shape]."""
    return decode(prior.sample(len(x), c).to(x))["x_hat"]
