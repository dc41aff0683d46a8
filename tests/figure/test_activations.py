"""What a forward pass by hand gives is what every panel shows."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from aelab.figure.activations import Activations
from aelab.figure.layer import BARS
from aelab.model.autoencoder import Autoencoder
from aelab.model.net import Block, Net


def titles(canvas):
    return [axes.get_title().replace("\n", ": ") for axes in canvas.axes if axes.get_title()]


def panel(canvas, name):
    return next(axes for axes in canvas.axes if axes.get_title().startswith(name))


def bars(axes):
    return torch.tensor([bar.get_width() for bar in axes.patches], dtype=torch.float32)


def field(axes):
    return torch.as_tensor(np.asarray(axes.images[0].get_array().filled(np.nan)))


@pytest.mark.parametrize("row", [0, 4])
def test_every_block_shows_what_a_forward_pass_by_hand_gives(memory, view, painted, untiled, row):
    dataset = memory((1, 6, 4))
    v = view(dataset, corrupt=lambda x: x / 2)
    canvas = painted(Activations(row).draw(v))
    h = dataset.batch(dataset.splits["test"][row : row + 1])[0] / 2
    np.testing.assert_allclose(field(panel(canvas, "input")), h[0, 0], atol=1e-6)
    with torch.no_grad():
        for net, blocks in (("encoder", v.model.encoder.blocks), ("decoder", v.model.decoder.blocks)):
            for i, block in enumerate(blocks):
                h = block(h)
                axes = panel(canvas, f"{net} {i}")
                shown = bars(axes) if h.ndim == 2 else untiled(axes.images[0].get_array(), 1, 6, 4)
                np.testing.assert_allclose(shown, h[0], atol=1e-6)
    np.testing.assert_allclose(field(panel(canvas, "reconstruction")), h[0, 0].clamp(0, 1), atol=1e-6)


def test_titles_name_the_blocks_and_their_shapes(memory, view):
    assert titles(Activations(0).draw(view(memory((1, 6, 4))))) == [
        "input: 1 × 6 × 4",
        "encoder 0: 6",
        "encoder 1 = code z: 2",
        "decoder 0: 6",
        "decoder 1: 1 × 6 × 4",
        "reconstruction: 1 × 6 × 4",
    ]


def test_wide_layers_are_fields_in_reading_order(memory, view, painted):
    dataset = memory((1, 6, 4))
    old = view(dataset).model
    wide = BARS + 8
    first = Block(flatten=nn.Flatten(), layer=nn.Linear(24, wide))
    encoder = Net(first, Block(layer=nn.Linear(wide, 2)))
    v = view(dataset, Autoencoder(encoder, old.latent, old.prior, old.decoder))
    shown = field(panel(painted(Activations(0).draw(v)), "encoder 0")).flatten()
    want = encoder.blocks[0](v.trace("test", 1).x).detach()[0]
    torch.testing.assert_close(shown[:wide], want, atol=1e-6, rtol=1e-5)
    assert shown[wide:].isnan().all()


def test_maps_are_tiles(memory, view, painted, untiled):
    dataset = memory((3, 6, 4))
    old = view(dataset).model
    layer = nn.Conv2d(3, 4, 3, padding=1)
    encoder = Net(Block(layer=layer), Block(flatten=nn.Flatten(), layer=nn.Linear(4 * 24, 2)))
    v = view(dataset, Autoencoder(encoder, old.latent, old.prior, old.decoder))
    picture = panel(painted(Activations(0).draw(v)), "encoder 0").images[0].get_array()
    maps = layer(v.trace("test", 1).x).detach()[0]
    np.testing.assert_allclose(untiled(picture, 4, 6, 4), maps, atol=1e-6)


def test_of_very_many_maps_some_are_shown_and_that_is_said(memory, view, painted):
    dataset = memory((1, 3, 2))
    old = view(dataset).model
    encoder = Net(Block(layer=nn.Conv2d(1, 70, 1)), Block(flatten=nn.Flatten(), layer=nn.Linear(420, 2)))
    v = view(dataset, Autoencoder(encoder, old.latent, old.prior, old.decoder))
    canvas = painted(Activations(0).draw(v))
    assert titles(canvas)[1] == "encoder 0: 64 of 70 × 3 × 2"
    assert field(panel(canvas, "encoder 0")).isfinite().sum() == 64 * 6 * 6**2  # each pixel is 6 x 6


def test_a_latent_that_changes_h_gets_a_panel_of_its_own(memory, view):
    v = view(memory())
    plain = v.model.latent.forward
    v.model.latent.forward = lambda h: {"z": 2 * plain(h)["z"]}
    canvas = Activations(0).draw(v)
    h, z = bars(panel(canvas, "encoder 1")), bars(panel(canvas, "code z"))
    torch.testing.assert_close(z, 2 * h)


def test_without_a_decoder_it_ends_with_the_code(memory, view, painted):
    dataset = memory()
    old = view(dataset).model
    v = view(dataset, Autoencoder(old.encoder, old.latent, old.prior, None))
    assert titles(painted(Activations(0).draw(v)))[-1] == "encoder 1 = code z: 2"


def test_deep_nets_take_several_lines_and_all_are_shown(memory, view, painted):
    dataset = memory((5,))
    old = view(dataset).model
    deep = [Block(layer=nn.Linear(5, 5), activation=nn.Tanh()) for _ in range(15)]
    encoder = Net(*deep, Block(layer=nn.Linear(5, 2)))
    v = view(dataset, Autoencoder(encoder, old.latent, old.prior, old.decoder))
    assert len(titles(painted(Activations(0).draw(v)))) == 1 + 16 + 2 + 1


def test_hooks_are_taken_off_again(memory, view):
    v = view(memory())
    Activations(0).draw(v)
    assert not any(module._forward_hooks for module in v.model.modules())


def test_a_row_beyond_the_split_is_its_last(memory, view, painted):
    assert "row 11" in painted(Activations(500).draw(view(memory()))).get_suptitle()


class Whole(Net):
    """A net that calls its blocks whole, the other way to run them."""

    def forward(self, h: Tensor) -> Tensor:
        for block in self.blocks:
            h = block(h)
        return h


def test_it_does_not_matter_whether_a_net_calls_blocks_or_their_parts(memory, view):
    dataset = memory()
    old = view(dataset).model
    encoder, decoder = (Whole(*net.blocks) for net in (old.encoder, old.decoder))
    by_block = Activations(0).draw(view(dataset, Autoencoder(encoder, old.latent, old.prior, decoder)))
    by_part = Activations(0).draw(view(dataset, old))
    assert titles(by_block) == titles(by_part)
    torch.testing.assert_close(bars(panel(by_block, "decoder 0")), bars(panel(by_part, "decoder 0")))


def test_nets_without_blocks_have_nothing_to_show(memory, view):
    dataset = memory()
    old = view(dataset).model
    assert Activations(0).draw(view(dataset, Autoencoder(nn.Flatten(), old.latent, old.prior, None))) is None
