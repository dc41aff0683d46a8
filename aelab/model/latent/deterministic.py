"""The code of a plain autoencoder."""

from math import inf

from torch import Tensor, nn

from aelab.model.activation import RANGES, Name
from aelab.model.activation import activation as module
from aelab.model.autoencoder import Latent


class Deterministic(Latent):
    """z = dropout(act(h))

    dropout: probability that a unit of the code is zero in training     [Srivastava et al. 2014]
    """

    def __init__(self, dim: int, activation: Name = "identity", dropout: float = 0.0) -> None:
        super().__init__(dim)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
        self.activation = module(activation)
        self.dropout = nn.Dropout(dropout) if dropout else None
        self.bounds = RANGES.get(activation, (-inf, inf))  # in use, where nothing is dropped or scaled up

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        z = self.activation(h) if self.activation else h
        return {"z": self.dropout(z) if self.dropout else z}
