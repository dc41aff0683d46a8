"""How far reconstructions of clean inputs are from them, where training corrupts."""

from aelab.metric.reconstruction import Reconstruction


class CleanReconstruction(Reconstruction):
    """clean_sse, clean_mse: sse and mse with x̃ = x

    Beside `sse` and `mse`, in which x̃ is corrupted, they tell what denoising costs on inputs without noise;
    what a corruption does in use too (`always`), it does here.     [Vincent et al. 2010]
    """

    clean = True

    def compute(self) -> dict[str, float]:
        return {f"clean_{name}": value for name, value in super().compute().items()}
