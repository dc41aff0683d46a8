"""The pictures are the weights."""

import numpy as np
import pytest
import torch
from torch import nn

from aelab.figure.filters import Filters
from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.gaussian import Gaussian
from aelab.model.latent.gaussian_full import GaussianFull
from aelab.model.net import Block, Net


def shown_in(canvas):
    return canvas.axes[0].images[0].get_array()


def largest_first(weight):
    return weight[weight.flatten(1).pow(2).sum(1).argsort(descending=True)]


def convolutional(view, dataset, kernel=3):
    c, h, w = dataset.shape
    old = view(dataset).model
    first = Block(layer=nn.Conv2d(c, 4, kernel, padding=kernel // 2))
    encoder = Net(first, Block(flatten=nn.Flatten(), layer=nn.Linear(4 * h * w, 2)))
    return view(dataset, Autoencoder(encoder, old.latent, old.prior, old.decoder))


def test_rows_of_a_full_layer_are_images_of_the_data_s_shape(memory, view, painted, untiled):
    v = view(memory((1, 6, 4)))
    weight = v.model.encoder.blocks[0].layer.weight.detach()
    canvas = painted(Filters(64).draw(v))
    want = largest_first(weight).reshape(6, 6, 4).numpy()
    np.testing.assert_array_equal(untiled(shown_in(canvas), 6, 6, 4), want)
    low, high = canvas.axes[0].images[0].get_clim()
    assert -low == high == pytest.approx(float(weight.abs().max()))


def test_the_setting_keeps_those_of_largest_norm(memory, view, painted, untiled):
    v = view(memory((1, 6, 4)))
    weight = v.model.encoder.blocks[0].layer.weight.detach()
    canvas = painted(Filters(3).draw(v))
    want = largest_first(weight)[:3].reshape(3, 6, 4).numpy()
    np.testing.assert_array_equal(untiled(shown_in(canvas), 3, 6, 4), want)
    assert "3 of 6" in canvas.get_suptitle()


def test_kernels_are_shown_as_they_are(memory, view, painted, untiled):
    v = convolutional(view, memory((1, 6, 4)))
    kernels = v.model.encoder.blocks[0].layer.weight.detach()
    canvas = painted(Filters(64).draw(v))
    want = largest_first(kernels)[:, 0].numpy()
    np.testing.assert_array_equal(untiled(shown_in(canvas), 4, 3, 3), want)


@pytest.mark.parametrize("kind", ["full", "kernels"])
def test_colour_filters_are_grey_at_zero_and_span_the_colours(memory, view, painted, untiled, kind):
    dataset = memory((3, 6, 4))
    v = view(dataset) if kind == "full" else convolutional(view, dataset)
    first = next(v.model.encoder.parameters()).detach()
    first[0] = 0
    weight = largest_first(first if kind == "kernels" else first.reshape(-1, 3, 6, 4))
    k, _, h, w = weight.shape
    shown = untiled(shown_in(painted(Filters(64).draw(v))), k, h, w)
    np.testing.assert_allclose(shown[-1], 0.5)
    signed = (shown - 0.5) * 2 * float(weight.abs().max())
    np.testing.assert_allclose(signed, weight.permute(0, 2, 3, 1), atol=1e-6)
    assert max(shown.max(), 1 - shown.min()) == pytest.approx(1)


def test_kernels_over_two_channels_are_shown_slice_by_slice(memory, view, painted, untiled):
    v = convolutional(view, memory((2, 6, 4)))
    kernels = v.model.encoder.blocks[0].layer.weight.detach()
    canvas = painted(Filters(64).draw(v))
    want = largest_first(kernels).flatten(0, 1).numpy()
    np.testing.assert_array_equal(untiled(shown_in(canvas), 8, 3, 3), want)


def test_filters_of_vectors_are_a_matrix(memory, view, painted):
    v = view(memory((13,)))
    weight = v.model.encoder.blocks[0].layer.weight.detach()
    canvas = painted(Filters(64).draw(v))
    np.testing.assert_array_equal(shown_in(canvas), largest_first(weight).numpy())


def test_a_layer_that_sees_more_than_the_image_is_a_matrix(memory, view, painted):
    """A condition beside the pixels: a row is no picture."""
    v = view(memory((1, 6, 4)))
    inner = v.trace("test", 1)
    v.model.encoder.blocks[0].layer.weight = nn.Parameter(torch.randn(6, 24 + 3))
    v.trace = lambda split, n: inner
    assert painted(Filters(64).draw(v)).axes[0].images[0].get_array().shape == (6, 27)


@pytest.mark.parametrize("latent", [Gaussian(2), GaussianFull(2)], ids=["diagonal", "full"])
def test_of_a_layer_that_gives_mean_and_variance_only_the_mean_s(latent, memory, view, painted, untiled):
    dataset = memory((1, 6, 4))
    old = view(dataset).model
    layer = nn.Linear(24, latent.width)
    nn.init.constant_(layer.weight[2:], 9)  # the largest norms are the variance's
    encoder = Net(Block(flatten=nn.Flatten(), layer=layer))
    canvas = painted(Filters(64).draw(view(dataset, Autoencoder(encoder, latent, old.prior, old.decoder))))
    want = largest_first(layer.weight[:2].detach()).reshape(2, 6, 4).numpy()
    np.testing.assert_array_equal(untiled(shown_in(canvas), 2, 6, 4), want)
    assert canvas.get_suptitle().endswith("all 2 of μ")


def test_no_weights_no_filters(memory, view):
    dataset = memory()
    old = view(dataset).model
    assert Filters(64).draw(view(dataset, Autoencoder(nn.Flatten(), old.latent, old.prior, None))) is None


def test_a_dead_layer_is_drawn(memory, view, painted):
    for shape in ((1, 4, 4), (3, 4, 4), (5,)):
        v = view(memory(shape))
        nn.init.zeros_(v.model.encoder.blocks[0].layer.weight)
        painted(Filters(64).draw(v))
