"""What metrics of linear decoders share: the matrix, and the refusal of decoders that have none."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aelab.metric.metric import Metric
from aelab.model.autoencoder import Decode

if TYPE_CHECKING:
    from aelab.system import System


class LinearDecoder(Metric):
    """A number about W [n, d] of x̂ = Wz + b; with tied weights W is the encoder's, transposed."""

    final = True

    def objections(self, system: "System") -> Iterable[str]:
        model = system.model
        if model.decoder is None:
            return
        if model.residual:
            yield "needs x̂ = Wz + b, and this one has x̃ in it, too; model.residual=false"
            return
        modes = [(module, module.training) for module in model.modules()]
        device = next((p.device for p in model.parameters()), torch.device("cpu"))
        z = torch.randn(2, model.latent.dim, generator=torch.Generator().manual_seed(0)).to(device)
        with torch.no_grad():
            f = model.eval().decode(100 * torch.stack([z[0], z[1], z.sum(0), 0 * z[0]]))["x_hat"]
        for module, mode in modes:
            module.training = mode
        bent = (f[0] + f[1] - f[2] - f[3]).abs().max()
        if bent > 1e-3 * (f - f[3]).abs().max():
            yield "needs a linear decoder, and this one is not; model=mlp model.widths=[] is"


def matrix(decode: Decode, z: Tensor) -> Tensor:
    """W, column j = decode(e_j) − decode(0): [n, d] float64 on the CPU, for codes like z [b, d]."""
    d = z.shape[1]
    with torch.no_grad():
        ends = torch.cat([torch.eye(d), torch.zeros(1, d)]).to(z)
        x_hat = decode(ends)["x_hat"].flatten(1).double().cpu()  # [d + 1, n]
    return (x_hat[:-1] - x_hat[-1]).T
