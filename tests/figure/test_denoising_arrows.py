"""The arrows are what the model does to points."""

import numpy as np
import pytest
import torch
from matplotlib.quiver import Quiver
from torch import nn

from aelab.dataset.scale import fixed
from aelab.figure.denoising_arrows import DenoisingArrows
from aelab.model.autoencoder import Autoencoder
from aelab.trace import Trace


def ends(axes):
    """(tails [m, 2], tips [m, 2]) of a panel's arrows, in the units of its axes."""
    (quiver,) = (one for one in axes.collections if isinstance(one, Quiver))
    assert (quiver.angles, quiver.scale_units, quiver.scale) == ("xy", "xy", 1)
    tails = np.asarray(quiver.XY)
    return tails, tails + np.stack([np.asarray(quiver.U), np.asarray(quiver.V)], axis=1)


def noisy(x):
    return x + torch.randn(x.shape, generator=torch.Generator().manual_seed(1))


def test_test_points_go_from_the_corrupted_input_to_its_reconstruction(memory, view, painted):
    v = view(memory((2,)), dim=1, corrupt=noisy)
    canvas = painted(DenoisingArrows(rows=1000, grid=4).draw(v))
    got = np.hstack(ends(canvas.axes[0]))
    trace = v.trace("test", 12)
    want = torch.cat([trace.x_tilde, trace.x_hat], dim=1).numpy()
    np.testing.assert_allclose(got[got[:, 0].argsort()], want[want[:, 0].argsort()], atol=1e-5)
    some = np.hstack(ends(painted(DenoisingArrows(rows=5, grid=4).draw(v)).axes[0]))
    assert len(some) == 5 and all(np.isclose(got, row).all(1).any() for row in some)


def test_the_plane_goes_towards_the_reconstruction_and_no_further(memory, view, painted):
    v = view(memory((2,)), dim=1, corrupt=noisy)
    tails, tips = ends(painted(DenoisingArrows(rows=5, grid=30).draw(v)).axes[1])
    points = torch.as_tensor(tails).float()
    with torch.no_grad():
        whole = (v.model.forward(Trace(x=points, x_tilde=points)).x_hat - points).numpy()
    moved, full, length = tips - tails, np.hypot(*whole.T), np.hypot(*(tips - tails).T)
    np.testing.assert_allclose(moved * full[:, None], whole * length[:, None], atol=1e-4)  # the direction
    step = np.diff(np.unique(tails[:, 1].round(4))).min()
    np.testing.assert_allclose(length, np.minimum(full, 0.9 * step), atol=1e-4)
    assert (full < 0.9 * step).any() and (full > step).any()


def test_the_plane_is_square_cells_around_the_data(memory, view, painted):
    dataset = memory((2,), scale=lambda train: fixed(0, 1))
    dataset.rows.x[:, 1] *= 0.3
    canvas = painted(DenoisingArrows(rows=5, grid=12).draw(view(dataset)))
    tails, _ = ends(canvas.axes[0])
    columns, lines = (np.unique(tails[:, i].round(4)) for i in (0, 1))
    assert max(len(columns), len(lines)) == 12 and len(tails) == len(columns) * len(lines)
    np.testing.assert_allclose(np.diff(columns), np.diff(lines)[0], rtol=1e-2)
    x = dataset.batch(dataset.splits["test"])[0].numpy()
    step = np.diff(lines)[0]
    assert (tails.min(0) - step < x.min(0)).all() and (tails.max(0) + step > x.max(0)).all()


def test_dots_are_the_test_points_and_their_reconstructions(memory, view, painted):
    v = view(memory((2,)), corrupt=noisy)
    trace = v.trace("test", 12)
    for axes in painted(DenoisingArrows(rows=5, grid=4).draw(v)).axes:
        for line, name in zip(axes.lines, ("x", "x_hat"), strict=True):
            got, want = line.get_xydata(), trace[name].numpy()
            np.testing.assert_allclose(got[got[:, 0].argsort()], want[want[:, 0].argsort()], rtol=1e-6)
        assert axes.get_aspect() == 1


def test_a_panel_that_has_nothing_to_say_is_left_out(memory, view, painted, monkeypatch):
    dataset = memory((2,))
    clean = painted(DenoisingArrows(rows=5, grid=4).draw(view(dataset)))
    assert [axes.get_title()[:9] for axes in clean.axes] == ["the whole"]
    v = view(dataset, corrupt=noisy)
    monkeypatch.setattr(type(v.model), "reads", ("y",))
    conditional = painted(DenoisingArrows(rows=5, grid=4).draw(v))
    assert [axes.get_title()[:9] for axes in conditional.axes] == ["corrupted"]


def test_one_point_many_times_is_drawn(memory, view, painted):
    dataset = memory((2,))
    dataset.rows.x.fill_(11)
    painted(DenoisingArrows(rows=5, grid=4).draw(view(dataset, corrupt=noisy)))


@pytest.mark.parametrize("shape", [(1, 6, 4), (5,), (1,), (3,)])
def test_other_data_has_no_plane(memory, view, shape):
    assert DenoisingArrows(rows=5, grid=4).draw(view(memory(shape))) is None


def test_nothing_where_nothing_is_rebuilt_or_the_input_has_another_shape(memory, view):
    dataset = memory((2,))
    whole = view(dataset).model
    without = Autoencoder(whole.encoder, whole.latent, whole.prior, None)
    assert DenoisingArrows(rows=5, grid=4).draw(view(dataset, without)) is None
    whole.encoder = nn.Linear(1, 2)
    assert DenoisingArrows(rows=5, grid=4).draw(view(dataset, whole, corrupt=lambda x: x[:, :1])) is None


@pytest.mark.parametrize(("rows", "grid", "said"), [(0, 4, "rows .* 1, got 0"), (5, 1, "grid .* 2, got 1")])
def test_too_few_are_refused(rows, grid, said):
    with pytest.raises(ValueError, match=said):
        DenoisingArrows(rows, grid)
