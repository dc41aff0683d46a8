"""The generator of a convolutional adversarial network as decoder, and its mirror image as encoder."""

import torch
from torch import Tensor, nn

from aelab.errors import at_least
from aelab.model.activation import Output, output
from aelab.model.autoencoder import Autoencoder, Condition, Latent, Prior
from aelab.model.net import Block, Initialisation, Net, initialise

SMALL = 4
"""Side of the smallest maps."""

Parts = dict[str, nn.Module | None]


class Encoder(Net):
    """x̃ [b, c, s, s] -> h [b, width]: 4 x 4 kernels of stride 2 down to maps of 4 x 4, then a full layer

    pad: pixels before and behind that bring the sides to 4 · 2^levels.
    """

    def __init__(self, n_in: int, channels: list[int], pad: tuple[int, int], n_out: int, norm: bool) -> None:
        blocks = []
        for level, (a, b) in enumerate(zip([n_in, *channels], channels, strict=False)):
            first: Parts = {"pad": nn.ZeroPad2d((*pad, *pad)) if level == 0 and any(pad) else None}
            layer = nn.Conv2d(a, b, 4, 2, 1)
            last: Parts = {"norm": nn.BatchNorm2d(b) if norm and level else None}  # none on the input's layer
            blocks.append(Block(**first, layer=layer, **last, activation=nn.LeakyReLU(0.2)))
        flat = nn.Linear(channels[-1] * SMALL**2, n_out)
        super().__init__(*blocks, Block(flatten=nn.Flatten(), layer=flat))

    def forward(self, h: Tensor, c: Tensor | None = None) -> Tensor:
        if c is not None:  # a map for each of its numbers
            h = torch.cat([h, c[:, :, None, None].expand(*c.shape, *h.shape[2:])], dim=1)
        return super().forward(h)


class Decoder(Net):
    """z [b, d] -> [b, c, s, s]: the encoder's blocks mirrored, with rectified units"""

    def __init__(self, n_in: int, channels: list[int], pad: tuple[int, int], n_out: int, norm: bool) -> None:
        def after(n: int) -> Parts:
            return {"norm": nn.BatchNorm2d(n) if norm else None, "activation": nn.ReLU()}

        a = channels[-1]
        shape = nn.Unflatten(1, (a, SMALL, SMALL))
        blocks = [Block(layer=nn.Linear(n_in, a * SMALL**2), shape=shape, **after(a))]
        for b in channels[-2::-1]:
            blocks.append(Block(layer=nn.ConvTranspose2d(a, b, 4, 2, 1), **after(b)))
            a = b
        before, behind = pad
        crop = nn.ZeroPad2d((-before, -behind, -before, -behind)) if any(pad) else None
        super().__init__(*blocks, Block(layer=nn.ConvTranspose2d(a, n_out, 4, 2, 1), crop=crop))


def dcgan(
    shape: tuple[int, ...],
    target: tuple[int, ...],
    maps: int,
    link: str,
    latent: Latent,
    prior: Prior,
    channels: int,
    output_activation: Output,
    batch_norm: bool,
    initialisation: Initialisation,
    condition: Condition | None = None,
) -> Autoencoder:
    """Generator and discriminator of square images [Radford et al. 2016, sec. 3], as decoder and encoder.

    Each level halves the sides down to 4 and doubles the channels; 28 pixels are padded to 32, and cropped.

    shape, target: of x̃ and of x. maps, link: what the likelihood asks of the decoder.
    channels: of the largest maps; 64 and images of 64 pixels make 64, 128, 256, 512.
    initialisation: 0.02 is the paper's standard deviation.
    condition: as so many more maps of the input, and beside z.
    """
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] < 2 * SMALL or shape[1:] != target[1:]:
        raise ValueError(
            f"dcgan takes square images of at least {2 * SMALL} pixels and rebuilds their size; "
            f"{list(shape)} goes in, {list(target)} must come out. model=conv takes images of any size"
        )
    at_least(channels=(channels, 1))
    side = shape[1]
    levels = ((side - 1) // SMALL).bit_length()
    lacks = SMALL * 2**levels - side
    pad, sizes = (lacks // 2, lacks - lacks // 2), [channels * 2**level for level in range(levels)]
    k = condition.dim if condition else 0
    encoder = Encoder(shape[0] + k, sizes, pad, latent.width, batch_norm)
    decoder = Decoder(latent.dim + k, sizes, pad, target[0] * maps, batch_norm)
    initialise(encoder, initialisation)
    initialise(decoder, initialisation)
    return Autoencoder(encoder, latent, prior, decoder, output(output_activation, link), maps, condition)
