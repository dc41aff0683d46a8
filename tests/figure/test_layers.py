"""Each row of the picture is a layer, and the last is their sum."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae
from figure.layered import layers_view

from aelab.figure.layers import Layers
from aelab.figure.pick import pick


def test_rows_are_the_layers_and_their_sum(painted, untiled):
    v = layers_view()
    canvas = painted(Layers(3).draw(v))
    columns = pick(v.dataset, "test", 3)
    found = untiled(canvas.axes[0].images[0].get_array(), 18, 64, 64).reshape(6, 3, 64, 64, 3)
    trace = v.trace("test", max(columns) + 1)
    g = trace.gate_logits[columns].sigmoid()
    rows = [trace[name][columns] for name in ("x", "x_foreground", "x_background", "x_hat")]
    x, front, behind, x_hat = rows
    expected = [x, front, g.expand_as(x), behind, g * behind, x_hat]
    for row, images in zip(found, expected, strict=True):
        np.testing.assert_allclose(row, shown(images), atol=1e-5)
    np.testing.assert_allclose(found[5], (found[1] + found[4]).clip(0, 1), atol=1e-5)
    inside = trace.segment[columns] > 0.5
    shut = g < 0.5
    iou = (inside & shut).flatten(1).sum(1) / (inside | shut).flatten(1).sum(1)
    assert [t.get_text() for t in canvas.axes[0].get_xticklabels()] == [f"{one:.2f}" for one in iou.tolist()]


def test_data_without_masks_shows_layers_without_scores(painted):
    v = layers_view()
    trace = v.trace("test", 6)
    del trace["segment"]
    v.trace = lambda split, n: trace
    assert not painted(Layers(2).draw(v)).axes[0].get_xticklabels()


def test_nothing_for_a_model_without_layers(memory):
    assert Layers(2).draw(vae(memory())) is None
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        Layers(0)


def test_more_columns_than_rows(painted):
    assert len(torch.tensor(pick(layers_view().dataset, "test", 10**6))) == 6
    painted(Layers(10**6).draw(layers_view()))
