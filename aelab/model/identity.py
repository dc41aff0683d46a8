"""No nets at all: the code is the input, as k-means on pixels wants it."""

from math import prod

from torch import Tensor

from aelab.model.autoencoder import Autoencoder, Latent, Prior
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
    latent: Latent | None = None,
    prior: Prior | None = None,
) -> Autoencoder:
    """h = x̃ flattened, x̂ = z; nothing to train but what the latent or a learned prior has.

    latent: z = h unless another is given.
    prior: N(0, I) unless another is given.
    """
    if shape != target or maps != 1 or link != "identity":
        raise ValueError(
            f"identity gives its input {list(shape)} back as it is; this run asks for {maps} map(s) of "
            f"{list(target)} through {link}"
        )
    n = prod(shape)
    latent = latent or Deterministic(n)
    if latent.dim != n:
        raise ValueError(f"identity has the code of its input, of {n} numbers; got latent.dim={latent.dim}")
    if latent.width != n:
        raise ValueError(
            f"identity has no net that could give this latent the {latent.width} numbers that it takes; "
            "model/latent=deterministic and model/latent=clusters take the input's"
        )
    return Autoencoder(Flatten(), latent, prior or Normal(n), Unflatten(shape))
