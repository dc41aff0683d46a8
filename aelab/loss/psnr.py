"""The peak signal-to-noise ratio as a loss: every image counts by how many times it is better."""

from torch import Tensor

from aelab.loss.term import Term, per_sample
from aelab.schedule import Number


class PSNR(Term):
    """10 log10( ε + mean over pixels of (x − x̂)² ),  in dB: the negative of `psnr` but for ε

    A squared error is that of the images that are hardest to rebuild; here one that is easy, as a nearly grey
    one is for a colorizer, counts as much.     [Chen et al. 2022, their code]

    epsilon: mean squared error below which there is little to gain, 2·10⁻⁴ being 37 dB.
    """

    def __init__(self, weight: Number, epsilon: float) -> None:
        super().__init__(weight)
        if epsilon <= 0:
            raise ValueError(f"epsilon must be positive, got {epsilon:g}")
        self.epsilon = epsilon

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        mse = per_sample((x - x_hat).square()) / x[0].numel()
        return 10 * (mse + self.epsilon).log10()  # [b]
