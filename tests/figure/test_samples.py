"""New images are decoded draws of what the sampler gives, real ones beside them."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae

from aelab.figure.figure import Side
from aelab.figure.samples import Samples
from aelab.sampler.gaussian_mixture import GaussianMixture
from aelab.sampler.prior import Prior
from aelab.sampler.sampler import Sampler


class Counted(Sampler):
    """z = 0, 0.1, 0.2, ..."""

    def fit(self, model, codes):
        self.d = model.latent.dim

    def draw(self, n, c=None):
        return torch.arange(n)[:, None].expand(n, self.d) / 10


def cells(canvas, i, untiled, k, shape=(6, 4)):
    return untiled(canvas.axes[i].images[0].get_array(), k, *shape)


@pytest.mark.parametrize("shape", [(1, 6, 4), (3, 5, 8)])
def test_data_and_decoded_draws(shape, memory, painted, untiled):
    dataset = memory(shape)
    v = vae(dataset)
    canvas = painted(Samples(3, 2, Counted(), True).draw(v))
    assert [axes.get_title() for axes in canvas.axes] == ["data", "reconstructions", "samples"]
    rows = dataset.gather(dataset.splits["test"][:6])[0]
    np.testing.assert_allclose(cells(canvas, 0, untiled, 6, shape[1:]), shown(rows), atol=1e-6)
    x_hat = v.trace("test", 6)["x_hat"]
    np.testing.assert_allclose(cells(canvas, 1, untiled, 6, shape[1:]), shown(x_hat), atol=1e-6)
    x_hat = v.model.decode(torch.arange(6)[:, None].expand(6, 2) / 10)["x_hat"]
    np.testing.assert_allclose(cells(canvas, 2, untiled, 6, shape[1:]), shown(x_hat), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 6, 4), (2,)])
def test_the_sampler_is_said(shape, memory, painted):
    title = painted(Samples(3, 2, GaussianMixture(2, 10), True).draw(vae(memory(shape)))).get_suptitle()
    assert title == "Samples, sampler=gaussian_mixture: tiny on Memory"


def test_a_row_is_a_class_where_the_label_is_the_condition(memory, painted, untiled):
    dataset = memory(n=61, classes=3)
    v = vae(dataset, condition="label")
    canvas = painted(Samples(5, 99, Counted(), True).draw(v))
    assert [t.get_text() for t in canvas.axes[0].get_yticklabels()] == ["class 0", "class 1", "class 2"]
    test = dataset.splits["test"]
    of = [test[dataset.rows.y[test] == label][:5] for label in range(3)]
    data = cells(canvas, 0, untiled, 15)
    for i, rows in enumerate(of):
        np.testing.assert_allclose(data[5 * i : 5 * i + len(rows)], shown(dataset.gather(rows)[0]), atol=1e-6)
        assert np.isnan(data[5 * i + len(rows) : 5 * i + 5]).all()
    assert min(map(len, of)) < 5  # hence there were such
    z, c = torch.arange(15)[:, None].expand(15, 2) / 10, torch.eye(3).repeat_interleave(5, 0)
    x_hat = v.model.decode(torch.cat([z, c], 1))["x_hat"]  # as if c were part of z
    np.testing.assert_allclose(cells(canvas, 2, untiled, 15), shown(x_hat), atol=1e-6)


def test_points_of_the_plane_are_clouds_in_one_frame(memory, painted):
    dataset = memory((2,), n=500)
    v = vae(dataset)
    test = dataset.gather(dataset.splits["test"])[0]
    v.baselines = {"gaussian": Side(v.trace, v.codes, False, lambda n: torch.full((n, 2), 0.25))}
    canvas = painted(Samples(3, 2, Counted(), True).draw(v))
    assert [axes.get_title() for axes in canvas.axes] == ["data", "samples", "Gaussian"]
    clouds = [np.asarray(axes.collections[0].get_offsets()) for axes in canvas.axes]
    np.testing.assert_allclose(clouds[0], test, atol=1e-6)
    z = torch.arange(len(test))[:, None].expand(-1, 2) / 10
    np.testing.assert_allclose(clouds[1], v.model.decode(z)["x_hat"].detach(), atol=1e-6)
    assert (clouds[2] == 0.25).all() and len(clouds[2]) == len(test)
    for axes in canvas.axes:
        assert axes.get_aspect() == 1 and axes.get_xlim() == canvas.axes[0].get_xlim()
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        assert (clouds[0] > low).all() and (clouds[0] < high).all()
    assert len(painted(Samples(3, 2, Counted(), False).draw(vae(dataset, condition="label"))).axes) == 2


def test_a_baseline_that_draws_stands_beside(memory, painted, untiled):
    v = vae(memory())
    v.baselines = {
        "gaussian": Side(v.trace, v.codes, False, lambda n: torch.full((n, 1, 6, 4), 0.25)),
        "pca": Side(v.trace, v.codes),
    }
    canvas = painted(Samples(3, 2, Prior(), True).draw(v))
    titles = [axes.get_title() for axes in canvas.axes]
    assert titles == ["data", "reconstructions", "samples", "Gaussian"]
    np.testing.assert_allclose(cells(canvas, 3, untiled, 6), 0.25)
    assert len(painted(Samples(3, 2, Prior(), False).draw(v)).axes) == 3


def test_the_same_picture_every_time_and_nobody_s_draws_disturbed(memory, untiled):
    v = vae(memory())
    torch.manual_seed(1)
    first = cells(Samples(3, 2, Prior(), True).draw(v), 1, untiled, 6)
    after = torch.rand(2)
    torch.manual_seed(1)
    assert torch.equal(after, torch.rand(2))
    np.testing.assert_array_equal(cells(Samples(3, 2, Prior(), True).draw(v), 1, untiled, 6), first)


def test_nothing_of_codes_that_know_no_prior_but_of_those_fitted(memory, painted):
    v = vae(memory(), regards=False)
    assert Samples(3, 2, Prior(), True).draw(v) is None
    assert painted(Samples(3, 2, GaussianMixture(2, 100), True).draw(v)) is not None


def test_nothing_for_vectors_without_a_decoder_or_given_images(memory):
    assert Samples(3, 2, Prior(), True).draw(vae(memory((5,)))) is None
    assert Samples(3, 2, Prior(), True).draw(vae(memory(), condition="observed")) is None
    v = vae(memory())
    v.model.decoder = None
    assert Samples(3, 2, Prior(), True).draw(v) is None


@pytest.mark.parametrize(("n", "rows", "name"), [(0, 1, "n"), (1, 0, "rows")])
def test_no_images_are_refused(n, rows, name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        Samples(n, rows, Prior(), True)
