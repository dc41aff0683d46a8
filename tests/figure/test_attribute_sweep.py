"""Along a row one attribute moves; the code and the other attributes do not."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae, why
from figure.layered import layers_view

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.figure.attribute_sweep import AttributeSweep
from aelab.figure.samples import Samples
from aelab.figure.traversal import Traversal
from aelab.sampler.prior import Prior


@pytest.mark.parametrize("names", [None, ["blue", "scale"]])
def test_every_row_is_one_attribute(names, painted, untiled):
    v = layers_view()
    canvas = painted(AttributeSweep(names, steps=3, row=1).draw(v))
    known, attributes = v.dataset.rows.attribute_names, v.dataset.rows.attributes
    assert known is not None and attributes is not None
    own = attributes[v.dataset.splits["test"][1:2]]
    z = v.codes("test")[0][1:2]
    shown_names = names or known
    found = untiled(canvas.axes[1].images[0].get_array(), 3 * len(shown_names), 64, 64)
    for line, name in enumerate(shown_names):
        for column, t in enumerate((0, 0.5, 1)):
            c, j = own.clone(), known.index(name)
            c[0, j] = t
            if j < 3:  # shapes exclude each other: two others share the rest, if neither had it all
                others = [i for i in range(3) if i != j]
                had = own[0, others]
                c[0, others] = (1 - t) * (had if had.sum() else torch.tensor([0.5, 0.5]))
            expected = v.model.decode(z, c)["x_hat"]
            np.testing.assert_allclose(found[3 * line + column], shown(expected)[0], atol=1e-5)
    labels = [t.get_text() for t in canvas.axes[1].get_yticklabels()]
    assert [label.rpartition("  ")[0] for label in labels] == [name.replace("_", " ") for name in shown_names]
    values = [float(label.rpartition("(")[2][:-1]) for label in labels]
    np.testing.assert_allclose(values, own[0, [known.index(n) for n in shown_names]], atol=0.006)
    assert [t.get_text() for t in canvas.axes[1].get_xticklabels()] == ["0", "0.5", "1"]
    still = untiled(canvas.axes[0].images[0].get_array(), 2, 64, 64)
    x = v.dataset.gather(v.dataset.splits["test"][1:2])[0]
    np.testing.assert_allclose(still, shown(torch.cat([x, v.model.decode(z, own)["x_hat"]])), atol=1e-5)


def test_fewer_rows_than_asked(painted):
    painted(AttributeSweep(["red"], 2, 10**6).draw(layers_view()))


def test_nothing_without_attributes(memory):
    assert why(AttributeSweep(None, 3, 0), vae(memory(), condition="label")) == (
        "draws models conditioned on attributes, as model/condition=attributes makes them"
    )
    assert why(AttributeSweep(None, 3, 0), vae(memory((5,)))) == "draws images; these rows are vectors [5]"


def test_unknown_names_are_objected_to(memory):
    figure = AttributeSweep(["reed", "heart"], 3, 0)
    assert list(figure.objections(layers_view().dataset)) == ["no attribute 'reed'; did you mean 'red'?"]
    assert len(list(figure.objections(memory()))) == 2


def test_unknown_names_are_refused_before_training(composed, tmp_path):
    chosen = ["dataset=coloured_shapes", "dataset.n=60", "figure=[attribute_sweep]"]
    with pytest.raises(UserError) as caught:
        assemble(composed(*chosen, "figure.attribute_sweep.attributes=[reed]"), tmp_path)
    assert caught.value.problems == ("figure.attribute_sweep: no attribute 'reed'; did you mean 'red'?",)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": 1}, "steps must be at least 2, got 1"),
        ({"row": -1}, "row must be at least 0, got -1"),
        ({"attributes": []}, "attributes must name one at least, or be null for all"),
    ],
)
def test_refusals(wrong, said):
    with pytest.raises(ValueError, match=said):
        AttributeSweep(**{"attributes": None, "steps": 3, "row": 0, **wrong})


def test_samples_and_traversal_are_given_the_test_rows_attributes(painted, untiled):
    v = layers_view()
    canvas = painted(Samples(2, 4, Prior(), False).draw(v))
    found = untiled(canvas.axes[1].images[0].get_array(), 8, 64, 64)
    assert len(v.dataset.splits["test"]) == 6  # then the first again, with codes of their own
    assert not np.allclose(found[0], found[6], atol=1e-3)
    canvas = painted(Traversal(2, 3, 2.0, 1).draw(v))
    assert len(canvas.axes[1].get_yticklabels()) == 2
