"""No nets at all: the code is the input, as k-means on pixels wants it."""

from math import prod

from torch import Tensor

from aelab.model.autoencoder import Autoencoder, Prior
from aelab.model.latent.deterministic import Deterministic
from aelab.model.net import Net
from aelab.model.prior.normal import Normal


class Unflatten(Net):
    """[b, n] -> [b, *shape]"""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, h: Tensor) -> Tensor:
        return h.unflatten(1, self.shape)


class Flatten(Net):
    """[b, *shape] -> [b, n]"""

    def forward(self, h: Tensor) -> Tensor:
        return h.flatten(1)


def identity(
    shape: tuple[int, ...],
    target: tuple[int, ...],
    maps: int,
    link: str,
    latent: dict[str, int | None] | None = None,
    prior: Prior | None = None,
) -> Autoencoder:
    """z = x̃ flattened, x̂ = z; nothing to train but a prior that is learned, a model of x itself.

    latent: its `dim`, if it is said at all, is the input's.
    prior: N(0, I) unless another is given.
    """
    if shape != target or maps != 1 or link != "identity":
        raise ValueError(
            f"identity gives its input {list(shape)} back as it is; this run asks for {maps} map(s) of "
            f"{list(target)} through {link}"
        )
    n, dim = prod(shape), (latent or {}).get("dim")
    if dim not in (None, n):
        raise ValueError(f"identity has the code of its input, of {n} numbers; got latent.dim={dim}")
    return Autoencoder(Flatten(), Deterministic(n, "identity"), prior or Normal(n), Unflatten(shape))
