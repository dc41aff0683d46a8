"""The pictures are the rows, before and after."""

import numpy as np
import pytest
import torch

from aelab.figure.figure import Side
from aelab.figure.reconstructions import Reconstructions
from aelab.figure.vectors import FEW
from aelab.model.autoencoder import Autoencoder
from aelab.trace import Trace


@pytest.mark.parametrize("shape", [(1, 6, 4), (3, 5, 8)])
def test_each_column_is_one_row_of_the_data(memory, view, painted, untiled, shape):
    dataset = memory(shape)
    v = view(dataset, corrupt=lambda x: 1 - x)
    canvas = painted(Reconstructions(3, True).draw(v))
    trace = v.trace("test", 12)
    cells = untiled(canvas.axes[0].images[0].get_array(), 9, *shape[1:])
    for column in range(3):  # three classes, hence the first row of each
        row = int((trace.y == column).nonzero()[0])
        for line, name in enumerate(("x", "x_tilde", "x_hat")):
            want = trace[name][row].clamp(0, 1).permute(1, 2, 0).squeeze(2).numpy()
            np.testing.assert_allclose(cells[3 * line + column], want, atol=1e-6)
    axes = canvas.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["input", "corrupted", "reconstruction"]
    assert [t.get_text() for t in axes.child_axes[0].get_xticklabels()] == ["class 0", "class 1", "class 2"]


def test_the_error_below_a_column_is_that_row_s(memory, view, painted):
    v = view(memory(classes=0))
    labels = painted(Reconstructions(4, True).draw(v)).axes[0].get_xticklabels()
    trace = v.trace("test", 4)
    want = ((trace.x - trace.x_hat) ** 2).mean(dim=(1, 2, 3))
    torch.testing.assert_close(torch.tensor([float(t.get_text()) for t in labels]), want, rtol=0.05, atol=0)


def test_a_clean_input_is_not_drawn_twice(memory, view, painted):
    canvas = painted(Reconstructions(3, True).draw(view(memory())))
    assert [t.get_text() for t in canvas.axes[0].get_yticklabels()] == ["input", "reconstruction"]


def test_grey_beside_colour_and_small_beside_large(memory, view, painted, untiled):
    """Colorization and super-resolution: what goes in has other channels and another size."""
    dataset = memory((3, 6, 4), classes=0)
    v = view(dataset)
    inner = v.trace

    def trace(split, n):
        given = inner(split, n)
        given["x_tilde"] = given.x.mean(1, keepdim=True)[:, :, ::2, ::2]
        return given

    v.trace = trace
    canvas = painted(Reconstructions(2, True).draw(v))
    want = trace("test", 1).x_tilde[0, 0].repeat_interleave(2, 0).repeat_interleave(2, 1)
    got = untiled(canvas.axes[0].images[0].get_array(), 6, 6, 4)[2]  # the second line's first
    for channel in range(3):
        np.testing.assert_allclose(got[..., channel], want.numpy(), atol=1e-6)


@pytest.mark.parametrize("d", [1, 4, 13])
def test_vectors_are_drawn_feature_by_feature_in_their_own_units(memory, view, painted, d):
    dataset = memory((d,))
    v = view(dataset, corrupt=lambda x: x + 1)
    canvas = painted(Reconstructions(6, True).draw(v))
    shown = [axes for axes in canvas.axes if axes.lines]
    assert len(shown) == d
    given = torch.stack([torch.as_tensor(axes.lines[0].get_ydata()) for axes in shown], dim=1)  # [6, d]
    stored = dataset.rows.x[dataset.splits["test"]]
    assert all((stored - row).abs().amax(1).min() < 1e-5 for row in given)
    corrupted = torch.stack([torch.as_tensor(axes.lines[1].get_ydata()) for axes in shown], dim=1)
    torch.testing.assert_close(corrupted, given + 3)  # 1 in model units


def test_long_vectors_are_one_line_each(memory, view, painted):
    dataset = memory((FEW + 10,), classes=0)
    canvas = painted(Reconstructions(3, True).draw(view(dataset)))
    rows = [axes.lines[0].get_ydata() for axes in canvas.axes if axes.lines]
    np.testing.assert_allclose(rows, dataset.rows.x[dataset.splits["test"][:3]].numpy(), rtol=1e-5)


def test_one_column_and_more_columns_than_rows(memory, view, painted):
    for n in (1, 100):
        painted(Reconstructions(n, True).draw(view(memory())))
        painted(Reconstructions(n, True).draw(view(memory((5,)))))


def test_nothing_where_nothing_is_rebuilt(memory, view):
    dataset = memory()
    whole = view(dataset).model
    without = Autoencoder(whole.encoder, whole.latent, whole.prior, None)
    assert Reconstructions(10, True).draw(view(dataset, without)) is None


def test_no_columns_are_refused():
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        Reconstructions(0, True)


def halves(v):
    """A baseline that rebuilds every image half as bright, and one that rebuilds none."""
    inner = v.trace

    def half(split, n):
        return Trace(x=inner(split, n).x, x_hat=inner(split, n).x / 2)

    blind = Side(lambda split, n: Trace(x=inner(split, n).x), v.codes)
    return {"kernel_pca": Side(half, v.codes), "lda": blind}


def test_a_baseline_that_rebuilds_has_a_row_and_its_errors(memory, view, painted, untiled):
    v = view(memory(classes=0), corrupt=lambda x: 1 - x)
    v.baselines = halves(v)
    axes = painted(Reconstructions(3, True).draw(v)).axes[0]
    trace = v.trace("test", 3)
    names = [t.get_text() for t in axes.get_yticklabels()]
    assert names == ["input", "corrupted", "reconstruction", "Kernel PCA"]
    cells = untiled(axes.images[0].get_array(), 12, 6, 4)
    np.testing.assert_allclose(cells[9:], cells[:3] / 2, atol=1e-6)
    assert [t.get_text() for t in axes.texts] == ["reconstruction\nKernel PCA"]
    labels = [label.get_text().split("\n") for label in axes.get_xticklabels()]
    errors = [(x_hat - trace.x).square().mean((1, 2, 3)) for x_hat in (trace.x_hat, trace.x / 2)]
    np.testing.assert_allclose(np.array(labels, float), torch.stack(errors, 1), rtol=0.05)


def test_baselines_can_be_left_out(memory, view, painted):
    v = view(memory())
    v.baselines = halves(v)
    axes = painted(Reconstructions(3, False).draw(v)).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["input", "reconstruction"] and not axes.texts


def test_vectors_have_no_rows_of_baselines(memory, view, painted):
    v = view(memory((5,)))
    v.baselines = halves(v)
    painted(Reconstructions(3, True).draw(v))
