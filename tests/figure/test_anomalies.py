"""The rows with the largest and the smallest scores, each above its reconstruction and its errors."""

import numpy as np
import pytest
import torch

from aelab.figure.anomalies import ERRORS, Anomalies, rebuilt
from aelab.model.autoencoder import Autoencoder


def titles(canvas):
    return [axes.get_title() for axes in canvas.axes if axes.get_title()]


@pytest.mark.parametrize("shape", [(1, 6, 4), (3, 5, 8)])
def test_extremes_with_their_errors_on_one_scale(memory, view, painted, untiled, shape):
    dataset = memory(shape, normal=1)
    v = view(dataset, corrupt=lambda x: 1 - x)
    canvas = painted(Anomalies(3).draw(v))
    assert titles(canvas) == [
        f"{kind}, {end} scores" for end in ("largest", "smallest") for kind in ("anomalies", "normal rows")
    ]
    x, y = dataset.batch(dataset.splits["test"])
    with torch.no_grad():  # without the noise
        x_hat = v.model.decode(v.model.encode(x)["z"])["x_hat"]
    errors = (x - x_hat) ** 2
    s, maps = errors.sum((1, 2, 3)), errors.sum(1)
    groups = []
    for down in (True, False):
        for members in ((y != 1).nonzero().flatten(), (y == 1).nonzero().flatten()):
            groups.append(members[s[members].argsort(descending=down)][:3])
    largest = maps[torch.cat(groups)].max()
    for axes, rows in zip(canvas.axes, groups, strict=False):
        cells = untiled(axes.images[0].get_array(), 9, *shape[1:])
        for i, row in enumerate(rows.tolist()):
            want = x[row].permute(1, 2, 0).expand(-1, -1, 3).numpy()
            np.testing.assert_allclose(cells[i], want, atol=1e-6)
            np.testing.assert_allclose(
                cells[6 + i], ERRORS((maps[row] / largest).numpy())[..., :3], atol=0.01
            )
            name, number = axes.get_xticklabels()[i].get_text().split("\n")
            assert name == f"class {y[row]}" and float(number) == pytest.approx(s[row].item(), rel=0.01)
    assert canvas.axes[-1].get_ylim()[1] == pytest.approx(largest.item(), rel=1e-5)  # the colour bar


def test_where_nothing_is_known_there_are_two_kinds(memory, view, painted, untiled):
    assert titles(painted(Anomalies(3).draw(view(memory(classes=0))))) == [
        "largest scores",
        "smallest scores",
    ]
    canvas = painted(Anomalies(30).draw(view(memory())))  # more than there are
    assert untiled(canvas.axes[0].images[0].get_array(), 3 * 12, 6, 4).shape == (36, 6, 4, 3)


def test_no_batch_is_held_for_the_sake_of_a_row(memory, view, monkeypatch):
    """Of large images one takes gigabytes, and the extremes may lie in as many batches as they are."""
    dataset, chosen, held, stack = memory(), torch.tensor([9, 0, 5, 9]), [], torch.stack

    def spy(rows):
        held.extend(row.untyped_storage().nbytes() == row.nbytes for row in rows)
        return stack(rows)

    monkeypatch.setattr(torch, "stack", spy)
    x, x_hat, y = rebuilt(view(dataset), chosen)
    assert len(held) == 3 * 4 and all(held)
    there, labels = dataset.batch(dataset.splits["test"][chosen])
    assert y is not None and torch.equal(y, labels) and torch.equal(x, there) and x_hat.shape == x.shape


def test_the_words_beside_the_scale_are_whole(memory, view, painted):
    canvas = painted(Anomalies(6).draw(view(memory((3, 8, 8), classes=0))))  # colours, and one line of groups
    words = canvas.axes[-1].yaxis.label.get_window_extent()
    assert canvas.bbox.y0 <= words.y0 and words.y1 <= canvas.bbox.y1


def test_why_nothing_is_drawn(memory, view, reason):
    assert reason(Anomalies(3), view(memory((5,)))) == "draws images; these rows are vectors [5]"
    dataset = memory()
    whole = view(dataset).model
    without = Autoencoder(whole.encoder, whole.latent, whole.prior, None)
    assert "this model has none" in reason(Anomalies(3), view(dataset, without))
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        Anomalies(0)
