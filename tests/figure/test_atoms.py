"""The pictures of a row add up to its reconstruction."""

import numpy as np
import pytest
import torch
from torch import nn

from aelab.figure.atoms import Atoms
from aelab.model.autoencoder import Autoencoder
from aelab.model.net import Block, Net, Tied


def shallow(view, dataset, dim=5, tied=False, output=None):
    """A linear net, one full layer each way."""
    old, width = view(dataset).model, int(np.prod(dataset.shape))
    torch.manual_seed(1)
    down = nn.Linear(width, dim)
    up = Tied(down, nn.Parameter(torch.randn(width))) if tied else nn.Linear(dim, width)
    encoder = Net(Block(flatten=nn.Flatten(), layer=down))
    decoder = Net(Block(layer=up, shape=nn.Unflatten(1, dataset.shape)))
    return view(dataset, Autoencoder(encoder, old.latent, old.prior, decoder, output))


def by_row(canvas, rows):
    """The axes of each row that show something: (title, picture)."""
    per = len(canvas.axes) // rows
    lines = [canvas.axes[i * per : (i + 1) * per] for i in range(rows)]
    shown = [[axes for axes in line if axes.images] for line in lines]
    return [
        [(axes.get_title(), np.asarray(axes.images[0].get_array(), dtype=float)) for axes in line]
        for line in shown
    ]


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("output", [None, torch.sigmoid])
@pytest.mark.parametrize("n", [2, 5, 9])
def test_bias_parts_and_rest_add_up(memory, view, painted, tied, output, n):
    dataset = memory((1, 6, 4))
    v = shallow(view, dataset, tied=tied, output=output)
    canvas = painted(Atoms(rows=3, n=n).draw(v))
    trace = v.trace("test", 12)
    for i, cells in enumerate(by_row(canvas, 3)):  # three classes, the first row of each
        row = int((trace.y == i).nonzero()[0])
        titles = [title for title, _ in cells]
        first = 3 if output else 2
        assert titles[:first] == ["$x$", r"$\hat{x}$", "$s$"][:first] and titles[first] == "$c$"
        assert len(cells) == first + 1 + min(n, 5) + (n < 5)
        if n < 5:
            assert titles[-1] == f"{5 - n} others"
        total = sum(picture for _, picture in cells[first:])
        np.testing.assert_allclose(total, trace.x_logits[row, 0], atol=1e-5)
        np.testing.assert_allclose(cells[1][1], trace.x_hat[row, 0].clamp(0, 1), atol=1e-6)


def test_the_largest_come_first_with_their_z_above(memory, view, painted):
    v = shallow(view, memory((1, 6, 4)))
    z = v.trace("test", 1).z[0]
    weight = v.model.decoder.layers[0].weight.detach()  # [24, 5]
    order = (z.abs() * weight.norm(dim=0)).argsort(descending=True)
    ((*_, first, second, _rest),) = by_row(painted(Atoms(rows=1, n=2).draw(v)), 1)
    for (title, picture), j in zip((first, second), order.tolist(), strict=False):
        assert title == rf"$z_{{{j + 1}}}$ = {float(z[j]):.2g}"
        np.testing.assert_allclose(picture.ravel(), (z[j] * weight[:, j]).numpy(), atol=1e-6)


def test_what_the_output_does_is_said(memory, view, painted):
    notes = [
        painted(Atoms(5, 8).draw(shallow(view, memory(), output=output))).get_supxlabel()
        for output in (torch.sigmoid, None)
    ]
    assert "before the sigmoid" in notes[0] and "before" not in notes[1]


def test_units_that_are_silent_are_no_parts(memory, view, painted):
    """As in a k-sparse code: neither pictures nor a rest of zeros."""
    v = shallow(view, memory((1, 6, 4)))
    plain = v.model.latent.forward
    v.model.latent.forward = lambda h: {"z": plain(h)["z"] * torch.tensor([1.0, 0, 0, 1, 0])}
    ((*_, c, one, two),) = by_row(painted(Atoms(rows=1, n=4).draw(v)), 1)
    assert [c[0], *(title.partition(" ")[0] for title in sorted([one[0], two[0]]))] == [
        "$c$",
        "$z_{1}$",
        "$z_{4}$",
    ]
    v.model.latent.forward = lambda h: {"z": plain(h)["z"] * 0}
    assert [title for title, _ in by_row(painted(Atoms(rows=1, n=8).draw(v)), 1)[0]] == [
        "$x$",
        r"$\hat{x}$",
        "$c$",
    ]


def test_colours_are_grey_at_zero(memory, view, painted):
    v = shallow(view, memory((3, 6, 4)))
    nn.init.zeros_(v.model.decoder.layers[0].bias)
    cells = dict(by_row(painted(Atoms(rows=1, n=8).draw(v)), 1)[0])
    np.testing.assert_allclose(cells["$c$"], 0.5)


def test_other_decoders_and_vectors_are_no_such_sums(memory, view):
    assert Atoms(5, 8).draw(view(memory())) is None  # two layers
    assert Atoms(5, 8).draw(shallow(view, memory((5,)))) is None
    v = shallow(view, memory())
    v.model.decoder.blocks[0].add_module("activation", nn.ReLU())
    assert Atoms(5, 8).draw(v) is None
    v.model.decoder = None
    assert Atoms(5, 8).draw(v) is None


@pytest.mark.parametrize("name", ["rows", "n"])
def test_none_at_all_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        Atoms(**({"rows": 5, "n": 8} | {name: 0}))
