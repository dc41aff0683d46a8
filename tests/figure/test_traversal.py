"""Along a row one number of the code moves, and no other."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae, why

from aelab.figure.traversal import Traversal


def cells(canvas, untiled, k, i=1):
    return untiled(canvas.axes[i].images[0].get_array(), k, 6, 4)


@pytest.mark.parametrize("regards", [True, False])
@pytest.mark.parametrize("condition", [None, "label"])
def test_dimensions_in_order_of_variance(regards, condition, memory, painted, untiled):
    dataset = memory()
    v = vae(dataset, dim=4, condition=condition, regards=regards)
    z = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 9, 0.1, 3]) + 2
    v.codes = lambda split: (z, None)
    canvas = painted(Traversal(dims=3, steps=5, reach=2.0, row=1).draw(v))
    found = cells(canvas, untiled, 15).reshape(3, 5, 6, 4)
    mean, std = (torch.zeros(4), torch.ones(4)) if regards else (z.mean(0), z.std(0, correction=0))
    whose = "the prior N(0, I)" if regards else "a normal distribution fitted to the codes"
    assert f"in σ of {whose};" in canvas.get_supxlabel()
    y = dataset.rows.y[dataset.splits["test"][1]]
    c = None if condition is None else torch.eye(3)[y][None]
    for line, j in enumerate((1, 3, 0)):
        for column, t in enumerate((-2, -1, 0, 1, 2)):
            moved = z[1:2].clone()
            moved[0, j] = mean[j] + t * std[j]
            x_hat = v.model.decode(moved, c)["x_hat"]
            np.testing.assert_allclose(found[line, column], shown(x_hat)[0], atol=1e-5)
    names = [t.get_text() for t in canvas.axes[1].get_yticklabels()]
    assert [name.split()[0] for name in names] == ["$z_{2}$", "$z_{4}$", "$z_{1}$"]
    spread = [float(name.split("(")[1][:-1]) for name in names]
    np.testing.assert_allclose(spread, z.numpy().std(0)[[1, 3, 0]], atol=0.006)
    assert [t.get_text() for t in canvas.axes[1].get_xticklabels()] == ["-2", "-1", "0", "1", "2"]
    x = dataset.gather(dataset.splits["test"][1:2])[0]
    own = torch.cat([x, v.model.decode(z[1:2], c)["x_hat"]])
    np.testing.assert_allclose(cells(canvas, untiled, 2, 0), shown(own), atol=1e-5)


def test_fewer_dimensions_and_fewer_rows_than_asked(memory, painted):
    canvas = painted(Traversal(dims=10, steps=3, reach=3.0, row=10**6).draw(vae(memory())))
    assert len(canvas.axes[1].get_yticklabels()) == 2


def test_nothing_for_vectors_or_given_images(memory):
    assert why(Traversal(3, 3, 3.0, 0), vae(memory((5,)))) == "draws images; these rows are vectors [5]"
    assert why(Traversal(3, 3, 3.0, 0), vae(memory(), condition="observed")) == (
        "draws what z decodes to, alone or with a label or attributes; this model is conditioned on x_tilde"
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"dims": 0}, "dims must be at least 1, got 0"),
        ({"steps": 1}, "steps must be at least 2, got 1"),
        ({"row": -1}, "row must be at least 0, got -1"),
        ({"reach": 0.0}, "reach must be above 0, got 0.0"),
    ],
)
def test_refusals(wrong, said):
    with pytest.raises(ValueError, match=said):
        Traversal(**{"dims": 3, "steps": 3, "reach": 3.0, "row": 0, **wrong})
