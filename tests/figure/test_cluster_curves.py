"""The curves are the columns of metrics.csv, in the stage that has them."""

from aelab.figure.cluster_curves import ClusterCurves

HISTORY = [
    {"stage": "reconstruct", "epoch": 1, "train/loss": 3.0},
    {"stage": "kmeans", "epoch": 0, "train/inertia": 9.0},
    {"stage": "train", "epoch": 1, "train/acc": 0.5, "train/nmi": 0.4, "train/dec_changed": 0.3},
    {"stage": "train", "epoch": 2, "train/acc": 0.7, "train/nmi": 0.6, "train/nmi_before": 0.9},
]  # fmt: skip


def lines(axes) -> dict[str, list[tuple[float, float]]]:
    return {line.get_label(): [tuple(xy) for xy in line.get_xydata()] for line in axes.lines}


def test_each_column_is_a_line(memory, view, painted):
    v = view(memory())
    v.history = HISTORY
    beside, before = painted(ClusterCurves().draw(v)).axes
    assert lines(beside) == {"accuracy": [(1, 0.5), (2, 0.7)], "NMI": [(1, 0.4), (2, 0.6)]}
    assert lines(before) == {"share of rows that changed (dec)": [(1, 0.3)], "NMI": [(2, 0.9)]}


def test_without_labels_one_panel_is_left(memory, view, painted):
    v = view(memory())
    v.history = [{"stage": "train", "epoch": 1, "train/pseudo_labels_nmi": 0.4}]
    (axes,) = painted(ClusterCurves().draw(v)).axes
    assert list(lines(axes)) == ["NMI of pseudo labels"]


def test_a_run_that_took_no_scores_says_so(memory, view):
    figure, v = ClusterCurves(), view(memory())
    v.history = HISTORY[:2]
    assert figure.draw(v) is None
    assert figure.reason.endswith("callback=[checkpoint,cluster_history] takes them")
