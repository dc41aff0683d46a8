"""How far reconstructions are from their inputs."""

from torch import Tensor

from aelab.loss.term import per_sample
from aelab.metric.metric import Metric


class Reconstruction(Metric):
    """sse = mean over samples of ‖x − x̂‖², summed over pixels; mse = sse per pixel

    In model units: those of x as the encoder sees it, uncorrupted.     [Hinton & Salakhutdinov 2006, Fig. 2]
    """

    def reset(self) -> None:
        self.total, self.samples, self.pixels = 0.0, 0, 1

    def update(self, x: Tensor, x_hat: Tensor) -> None:  # type: ignore[override]
        self.total += per_sample((x - x_hat).double().square()).sum().item()
        self.samples += len(x)
        self.pixels = x[0].numel()

    def compute(self) -> dict[str, float]:
        sse = self.total / self.samples
        return {"mse": sse / self.pixels, "sse": sse}
