"""Straight from one code to another, between rows of two classes or, given the label, of one."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae

from aelab.figure.interpolation import Interpolation, pairs_of


@pytest.mark.parametrize("condition", [None, "label"])
def test_each_row_goes_from_one_code_to_the_other(condition, memory, painted, untiled):
    dataset = memory(n=90)
    v = vae(dataset, condition=condition)
    canvas = painted(Interpolation(pairs=3, steps=4).draw(v))
    found = untiled(canvas.axes[0].images[0].get_array(), 18, 6, 4).reshape(3, 6, 6, 4)
    x, y = dataset.gather(dataset.splits["test"])
    z = v.codes("test")[0]
    for line, (a, b) in enumerate(zip(*pairs_of(dataset, "test", 3, condition == "label"), strict=True)):
        assert (y[a] == y[b]) == (condition == "label") and a != b
        t = torch.tensor([0, 1 / 3, 2 / 3, 1])[:, None]
        c = torch.eye(3)[y[[a]]].repeat(4, 1) if condition else None
        x_hat = v.model.decode((1 - t) * z[a] + t * z[b], c)["x_hat"]
        np.testing.assert_allclose(found[line, 1:-1], shown(x_hat), atol=1e-5)
        np.testing.assert_allclose(found[line, [0, -1]], shown(x[[a, b]]), atol=1e-6)


def test_names_say_from_what_to_what(memory, painted):
    dataset = memory()
    canvas = painted(Interpolation(pairs=1, steps=2).draw(vae(dataset)))
    ends = [end for (end,) in pairs_of(dataset, "test", 1, False)]
    a, b = dataset.rows.y[dataset.splits["test"][ends]].tolist()
    assert [t.get_text() for t in canvas.axes[0].get_yticklabels()] == [f"class {a} to class {b}"] and a != b
    canvas = painted(Interpolation(pairs=9, steps=2).draw(vae(memory(n=90), condition="label")))
    assert [t.get_text() for t in canvas.axes[0].get_yticklabels()] == ["class 0", "class 1", "class 2"]
    painted(Interpolation(pairs=2, steps=3).draw(vae(memory(classes=0))))


def test_nothing_for_vectors_given_images_or_a_single_row(memory):
    assert Interpolation(2, 3).draw(vae(memory((5,)))) is None
    assert Interpolation(2, 3).draw(vae(memory(), condition="observed")) is None
    dataset = memory()
    dataset.splits["test"] = dataset.splits["test"][:1]
    assert Interpolation(2, 3).draw(vae(dataset)) is None


@pytest.mark.parametrize(("pairs", "steps"), [(0, 2), (1, 1)])
def test_too_few_are_refused(pairs, steps):
    with pytest.raises(ValueError, match="must be at least"):
        Interpolation(pairs, steps)
