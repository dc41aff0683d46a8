"""The code of deep clustering: a plain one among centroids."""

import torch
from torch import Tensor, nn

from aelab.errors import at_least
from aelab.model.activation import Name
from aelab.model.clustering import Clustering
from aelab.model.latent.deterministic import Deterministic
from aelab.precision import single


class Clusters(Deterministic, Clustering):
    """z = act(h),  q_ik = (1 + ‖z_i − m_k‖²/α)^(−(α+1)/2) / Σ_j (1 + ‖z_i − m_j‖²/α)^(−(α+1)/2)

    Student's t with α degrees of freedom; the largest q_ik is the nearest centroid's.     [van der Maaten &
    Hinton 2008; Xie et al. 2016, eq. 1]

    The centroids m [K, d] are 0 until a stage `kmeans` finds them.

    clusters: K.
    """

    gives = ("z", "centroids", "assignment")

    def __init__(self, dim: int, clusters: int, alpha: float = 1.0, activation: Name = "identity") -> None:
        super().__init__(dim, activation)
        at_least(clusters=(clusters, 2))
        if alpha <= 0:
            raise ValueError(f"alpha must be positive, got {alpha}")
        self.alpha = alpha
        self.m = nn.Parameter(torch.zeros(clusters, dim))

    @property
    def centroids(self) -> Tensor:
        return self.m

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        z = super().forward(h)["z"]
        return {"z": z, "centroids": self.m, "assignment": self.assign(z)}

    def assign(self, z: Tensor) -> Tensor:
        # by differences: the way through norms loses the small distances that matter most
        apart = torch.cdist(single(z).flatten(1), self.m, compute_mode="donot_use_mm_for_euclid_dist")
        return torch.softmax(-0.5 * (self.alpha + 1) * torch.log1p(apart.square() / self.alpha), dim=1)
