"""The bars are shares of each kind, the line is a quantile, the AUROC is of the rows shown."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from aelab.figure.anomaly_scores import AnomalyScores
from aelab.figure.figure import Side
from aelab.model.autoencoder import Autoencoder


def scored(v):
    x, y = v.dataset.batch(v.dataset.splits["test"])
    with torch.no_grad():
        return ((x - v.model.decode(v.model.encode(x)["z"])["x_hat"]) ** 2).flatten(1).sum(1).numpy(), y


@pytest.mark.parametrize("shape", [(1, 6, 4), (5,)])
def test_two_histograms_and_their_auroc(memory, view, painted, shape):
    v = view(memory(shape, n=300, normal="class 2"), corrupt=lambda x: 1 - x)
    v.baselines = {"pca": Side(v.trace, v.codes), "lda": Side(v.trace, v.codes)}
    v.metrics = {"test/pca_auroc": 0.75}
    canvas = painted(AnomalyScores().draw(v))
    s, y = scored(v)
    heading = " ".join(canvas.get_suptitle().split())
    assert heading.startswith(f"Anomaly scores, AUROC {roc_auc_score(y != 2, s):.3f} (PCA 0.750):")
    (axes,) = canvas.axes
    assert [sum(bar.get_height() for bar in bars) for bars in axes.containers] == pytest.approx([1, 1])
    assert axes.lines[0].get_xdata()[0] == pytest.approx(np.quantile(s[y == 2], 0.95), rel=1e-4)
    legend = [text.get_text() for text in canvas.legends[0].get_texts()]
    assert {"20 normal rows", "40 anomalies"} < set(legend)


def test_all_rows_where_nothing_is_known(memory, view, painted):
    v = view(memory(classes=0))
    canvas = painted(AnomalyScores().draw(v))
    assert canvas.get_suptitle().startswith("Anomaly scores: tiny") and len(canvas.axes[0].containers) == 1
    quantile = np.quantile(scored(v)[0], 0.95)
    assert canvas.axes[0].lines[0].get_xdata()[0] == pytest.approx(quantile, rel=1e-4)


def test_scores_over_many_decades(memory, view, painted):
    v = view(memory((5,), normal=0))
    v.dataset.rows.x *= torch.logspace(-3, 3, 60)[:, None]
    painted(AnomalyScores().draw(v))


def test_nothing_where_nothing_is_rebuilt(memory, view, reason):
    dataset = memory()
    whole = view(dataset).model
    without = Autoencoder(whole.encoder, whole.latent, whole.prior, None)
    assert "this model has none" in reason(AnomalyScores(), view(dataset, without))
