"""The pictures are the snapshots."""

import numpy as np
import pytest
import torch
from torch import nn

from aelab.figure.filter_history import FilterHistory
from aelab.model.latent.gaussian import Gaussian
from aelab.model.net import Block, Net


@pytest.fixture
def kept(memory, view):
    """(snapshots, shape) -> the View of a run that has kept them."""

    def make(snapshots, shape=(1, 6, 4)):
        v = view(memory(shape))
        v.snapshots = snapshots
        return v

    return make


def of(shape, *epochs):
    generator = torch.Generator().manual_seed(0)
    return {epoch: torch.randn(shape, generator=generator) for epoch in epochs}


def labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_a_row_is_a_filter_and_a_column_an_epoch(kept, painted, untiled):
    snapshots = of((5, 24), 8, 0, 2)  # in whatever order
    axes = painted(FilterHistory(n=4, epochs=10).draw(kept(snapshots))).axes[0]
    shown = untiled(axes.images[0].get_array(), 12, 6, 4)
    for i in range(4):
        for k, epoch in enumerate((0, 2, 8)):
            np.testing.assert_array_equal(shown[3 * i + k], snapshots[epoch][i].view(6, 4))
    assert [text for text in labels(axes.xaxis) if text] == ["0", "2", "8"]
    assert labels(axes.yaxis) == ["$w_{1}$", "$w_{2}$", "$w_{3}$", "$w_{4}$"]
    top = max(float(w[:4].abs().max()) for w in snapshots.values())
    assert axes.images[0].get_clim() == pytest.approx((-top, top))


def test_of_many_epochs_the_first_and_the_last_are_among_the_shown(kept, painted):
    canvas = painted(FilterHistory(n=8, epochs=4).draw(kept(of((2, 24), *range(0, 100, 5)))))
    shown = [int(text) for text in labels(canvas.axes[0].xaxis) if text]
    assert len(shown) == 4 and shown[0] == 0 and shown[-1] == 95


def test_kernels_and_colours(kept, painted, untiled):
    kernels = of((2, 1, 3, 3), 0, 1)
    picture = painted(FilterHistory(n=8, epochs=10).draw(kept(kernels))).axes[0].images[0].get_array()
    np.testing.assert_array_equal(untiled(picture, 4, 3, 3)[1], kernels[1][0, 0])
    colours = of((2, 3 * 24), 0, 1)
    canvas = painted(FilterHistory(n=8, epochs=10).draw(kept(colours, (3, 6, 4))))
    shown = untiled(canvas.axes[0].images[0].get_array(), 4, 6, 4)
    signed = (shown[2] - 0.5) * 2 * max(float(w.abs().max()) for w in colours.values())
    np.testing.assert_allclose(signed, colours[0][1].view(3, 6, 4).permute(1, 2, 0), atol=1e-5)
    assert "mid-grey" in canvas.get_supxlabel()


def test_of_a_layer_that_gives_mean_and_variance_only_the_mean_s(kept, painted, untiled):
    snapshots = of((4, 24), 0, 1)
    v = kept(snapshots)
    v.model.latent = Gaussian(2)
    v.model.encoder = Net(Block(flatten=nn.Flatten(), layer=nn.Linear(24, 4)))
    canvas = painted(FilterHistory(n=8, epochs=10).draw(v))
    assert labels(canvas.axes[0].yaxis) == ["$w_{1}$", "$w_{2}$"]
    assert "filters of μ over" in canvas.get_suptitle()


def test_nothing_kept_or_no_pictures_nothing_to_draw(kept):
    assert FilterHistory(n=8, epochs=10).draw(kept({})) is None
    assert FilterHistory(n=8, epochs=10).draw(kept(of((2, 5), 0, 1), (5,))) is None


@pytest.mark.parametrize(("settings", "said"), [({"n": 0}, "n must"), ({"epochs": 1}, "epochs must")])
def test_wrong_numbers_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        FilterHistory(**({"n": 8, "epochs": 10} | settings))
