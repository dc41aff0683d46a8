"""The code of a k-sparse autoencoder."""

from torch import Tensor

from aelab.model.autoencoder import Latent
from aelab.model.top_k import TopK
from aelab.schedule import Schedule


class KSparse(Latent):
    """z = h with all but its k largest numbers set to 0, αk in evaluation     [Makhzani & Frey 2014]

    k: may be a schedule.
    alpha: above 1 for features to classify by; reconstructions are best at 1.
    """

    def __init__(self, dim: int, k: int | Schedule, alpha: float = 1.0) -> None:
        super().__init__(dim)
        self.top_k = TopK(k, alpha)
        self.top_k.check(dim)

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return {"z": self.top_k(h)}
