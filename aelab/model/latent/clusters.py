"""The code of deep clustering: a plain one among centroids."""

import torch
from torch import Tensor, nn

from aelab.errors import at_least
from aelab.model.activation import Name
from aelab.model.latent.deterministic import Deterministic
from aelab.precision import single


class Clusters(Deterministic):
    """z = act(h),  q_ik = (1 + ‖z_i − m_k‖²/α)^(−(α+1)/2) / Σ_j (1 + ‖z_i − m_j‖²/α)^(−(α+1)/2)

    Student's t with α degrees of freedom; the largest q_ik is the nearest centroid's.     [van der Maaten &
    Hinton 2008; Xie et al. 2016, eq. 1]

    The centroids m [K, d] are 0 until a stage `kmeans` finds them.

    clusters: K.
    """

    gives = ("z", "centroids", "assignment")
    idle_entries = ("centroids", "assignment")
    idle_settings = ("clusters", "alpha")
    idle_parameters = ("centroids",)

    def __init__(self, dim: int, clusters: int, alpha: float = 1.0, activation: Name = "identity") -> None:
        super().__init__(dim, activation)
        at_least(clusters=(clusters, 2))
        if alpha <= 0:
            raise ValueError(f"alpha must be positive, got {alpha}")
        self.alpha = alpha
        self.centroids = nn.Parameter(torch.zeros(clusters, dim))

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        z = super().forward(h)["z"]
        return {"z": z, "centroids": self.centroids, "assignment": self.assign(z)}

    def assign(self, z: Tensor) -> Tensor:
        # by differences: the way through norms loses the small distances that matter most
        apart = torch.cdist(single(z).flatten(1), self.centroids, compute_mode="donot_use_mm_for_euclid_dist")
        return torch.softmax(-0.5 * (self.alpha + 1) * torch.log1p(apart.square() / self.alpha), dim=1)
