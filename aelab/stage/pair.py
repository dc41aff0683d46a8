"""The one layer each way of a shallow autoencoder, for stages that find its weights without gradients."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from aelab.model.autoencoder import Autoencoder
from aelab.model.net import Net, Tied


def pair(model: Autoencoder) -> tuple[nn.Linear, nn.Linear | Tied] | None:
    """(encoder's layer, decoder's layer); None where there are more, or others than full layers."""
    nets = [net for net in (model.encoder, model.decoder) if isinstance(net, Net) and len(net.layers) == 1]
    if len(nets) < 2 or not isinstance(nets[0].layers[0], nn.Linear):
        return None
    return cast(tuple[nn.Linear, nn.Linear | Tied], (nets[0].layers[0], nets[1].layers[0]))


def write(model: Autoencoder, w: Tensor, b: Tensor, c: Tensor) -> None:
    """h = Wx + b and x̂ = Wᵀz + c: w [d, features], b [d], c [features]."""
    found = pair(model)
    assert found is not None
    encoder, decoder = found
    with torch.no_grad():
        if is_parametrized(encoder):
            # PyTorch finds the parameters that give it
            encoder.weight = w.to(encoder.weight.device)  # type: ignore[assignment]
        else:
            encoder.weight.copy_(w)
        encoder.bias.copy_(b)
        if not isinstance(decoder, Tied):
            decoder.weight.copy_(w.t())
        decoder.bias.copy_(c)
