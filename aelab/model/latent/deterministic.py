"""The code of a plain autoencoder."""

from torch import Tensor

from aelab.model.activation import Name
from aelab.model.activation import activation as module
from aelab.model.autoencoder import Latent


class Deterministic(Latent):
    """z = act(h)"""

    def __init__(self, dim: int, activation: Name = "identity") -> None:
        super().__init__(dim)
        self.activation = module(activation)

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return {"z": self.activation(h) if self.activation else h}
