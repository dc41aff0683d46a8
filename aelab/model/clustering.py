"""What assigns codes to clusters: a latent or a prior that knows how."""

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Clustering(Protocol):
    """The role of a part of the model: K clusters, each with a centre among the codes."""

    @property
    def centroids(self) -> Tensor:
        """[K, d]"""
        ...

    def assign(self, z: Tensor) -> Tensor:
        """How much of each code every cluster has, [b, d] -> [b, K]; a row sums to 1."""
        ...
