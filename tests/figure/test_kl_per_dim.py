"""The bars are the closed form of every unit, in falling order, and add up to the KL of all rows."""

import numpy as np
import pytest
import torch
from figure.generative import vae

from aelab.evaluation import AT_LEAST
from aelab.figure.kl_per_dim import KLPerDim
from aelab.loss.kl import KL
from aelab.model.autoencoder import Autoencoder
from aelab.model.latent.gaussian import Gaussian
from aelab.model.latent.gaussian_full import GaussianFull
from aelab.model.net import Block, Net
from aelab.model.prior.gaussian_mixture import GaussianMixture
from aelab.model.prior.normal import Normal
from aelab.model.prior.swiss_roll import SwissRoll


def model(latent, prior):
    torch.manual_seed(0)
    encoder = Net(Block(flatten=torch.nn.Flatten(), layer=torch.nn.Linear(24, latent.width)))
    decoder = Net(Block(layer=torch.nn.Linear(latent.dim, 24), shape=torch.nn.Unflatten(1, (1, 6, 4))))
    return Autoencoder(encoder, latent, prior, decoder)


@pytest.mark.parametrize("rows", [7, None])
def test_bars_are_the_closed_form_in_falling_order(memory, view, painted, rows):
    net, dataset = model(Gaussian(4), Normal(4)), memory()
    seen = view(dataset, net)
    axes = painted(KLPerDim(rows).draw(seen)).axes[0]
    trace = seen.trace(dataset.final, rows or len(dataset.splits[dataset.final]))
    mean, logvar = (part.detach().double() for part in (trace.mean, trace.logvar))
    expected = (0.5 * (mean**2 + logvar.exp() - logvar - 1)).mean(0).sort(descending=True).values
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, expected, rtol=1e-5)
    whole = KL(1.0, "forward", "closed", 1, None)(trace["q"], net.prior).mean()
    assert sum(heights) == pytest.approx(float(whole), rel=1e-5)
    assert f"{float(whole):.4g} nats" in axes.texts[0].get_text()


@pytest.mark.parametrize(
    ("latent", "prior"),
    [
        (GaussianFull(2), Normal(2)),
        (Gaussian(2), GaussianMixture(2, 3, False, "diagonal", 2.0, 0.5, 0.1)),
        (Gaussian(2), SwissRoll(2, 2, 3, 0)),
    ],
    ids=["full", "mixture", "swiss_roll"],
)
def test_what_does_not_fall_into_units_is_not_drawn(memory, view, latent, prior):
    assert KLPerDim(5).draw(view(memory(), model(latent, prior))) is None


def test_the_sum_is_that_of_every_row(memory, painted):
    """Of more of them than pass through the nets at once."""
    dataset = memory(n=13000)
    v, n = vae(dataset), len(dataset.splits["test"])
    assert n > AT_LEAST and n % AT_LEAST
    mean, logvar = (v.trace("test", n)[name].double() for name in ("mean", "logvar"))
    kl = float(0.5 * (mean**2 + logvar.exp() - logvar - 1).sum(1).mean())
    axes = painted(KLPerDim(None).draw(v)).axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(kl, rel=1e-6)
    assert f"{kl:.4g} nats" in axes.texts[0].get_text()


def test_fewer_rows_are_said(memory, view, painted):
    dataset = memory()
    n = len(dataset.splits["test"])
    canvas = painted(KLPerDim(5).draw(view(dataset, model(Gaussian(2), Normal(2)))))
    assert canvas.get_suptitle().endswith(f"first 5 of {n} test rows")
    canvas = painted(KLPerDim(n).draw(view(dataset, model(Gaussian(2), Normal(2)))))
    assert canvas.get_suptitle().endswith("Memory, test rows")


def test_a_plain_code_has_none(memory, view):
    assert KLPerDim(5).draw(view(memory())) is None


def test_refuses_no_rows():
    with pytest.raises(ValueError, match="rows must be at least 1, got 0"):
        KLPerDim(0)
