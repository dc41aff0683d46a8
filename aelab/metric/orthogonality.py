"""How far a linear decoder's columns are from orthonormal."""

import torch
from torch import Tensor

from aelab.metric.linear import LinearDecoder, matrix
from aelab.model.autoencoder import Decode


class Orthogonality(LinearDecoder):
    """orthogonality = ‖WᵀW − I‖_F, 0 where the columns of W are orthonormal as principal components are

    W [n, d] of the decoder x̂ = Wz + b; with tied weights the encoder's, transposed.     [Baldi & Hornik 1989]
    """

    def reset(self) -> None:
        self.distance: float | None = None

    def update(self, z: Tensor, decode: Decode) -> None:  # type: ignore[override]
        if self.distance is None:  # the same for every batch
            w = matrix(decode, z)  # [n, d]
            self.distance = (w.T @ w - torch.eye(w.shape[1])).norm().item()

    def compute(self) -> dict[str, float]:
        return {} if self.distance is None else {"orthogonality": self.distance}
