"""How far a linear autoencoder is from principal component analysis."""

import numpy as np
import torch
from torch import Tensor

from aelab.metric.linear import LinearDecoder, matrix
from aelab.model.autoencoder import Decode

AT_ONCE = 4096
"""Rows that are in memory in double precision together, where there are more rows than features."""


class PrincipalAngle(LinearDecoder):
    """principal_angle = max_{w ∈ span W} min_{v ∈ span V} ∠(w, v), in degrees; 0 if the spans are the same

    W [n, d] of the decoder x̂ = Wz + b, V the first d principal components of the training rows. Where the
    columns of W depend on each other, their span lacks a direction of V, and the angle is 90°.
    [Baldi & Hornik 1989; scipy.linalg.subspace_angles; Björck & Golub 1973]
    """

    def fit(self, x: Tensor, z: Tensor) -> None:  # type: ignore[override]
        rows = x.flatten(1)
        pieces, d = rows.split(AT_ONCE), min(z.shape[1], *rows.shape)
        mean = torch.stack([piece.double().sum(0) for piece in pieces]).sum(0) / len(rows)
        if len(rows) > rows.shape[1]:
            covariance = torch.zeros(2 * mean.shape, dtype=mean.dtype)
            for piece in pieces:
                centred = piece - mean
                covariance.addmm_(centred.T, centred)
            v = torch.linalg.eigh(covariance).eigenvectors.flip(1)
        else:
            v = torch.linalg.svd(rows - mean, full_matrices=False).Vh.T
        self.components = v[:, :d].numpy()  # V [n, d]

    def reset(self) -> None:
        self.angle: float | None = None

    def update(self, z: Tensor, decode: Decode) -> None:  # type: ignore[override]
        from scipy.linalg import subspace_angles

        if self.angle is None:  # the same for every batch
            angles = subspace_angles(matrix(decode, z).numpy(), self.components)
            lacks = len(angles) < self.components.shape[1]
            self.angle = 90.0 if lacks else float(np.degrees(angles.max()))

    def compute(self) -> dict[str, float]:
        return {} if self.angle is None else {"principal_angle": self.angle}
