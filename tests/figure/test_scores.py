"""What is drawn is what the runs scored."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.transforms import Bbox

from aelab.errors import UserError
from aelab.figure.figure import Sweep
from aelab.figure.scores import Scores
from aelab.records import Record

Numbers = dict[str, float]


def run(seed: int, numbers: Numbers, **settings: Any) -> Record:
    named = {key.replace("_", "."): str(value) for key, value in settings.items()}
    return Record(Path(), "completed", seed=seed, settings=named, numbers=numbers)


def scan(score: Callable[[int, int], Numbers], seeds: int = 3) -> list[Record]:
    """Runs of 5, 10 and 20 clusters."""
    return [run(seed, score(k, seed), clusters=k) for k, seed in product((5, 10, 20), range(seeds))]


def acc(k: int, seed: int) -> Numbers:
    return {"all/acc": 1 / k + 0.01 * seed**2, "all/nmi": k + seed}


@pytest.fixture
def drawn(painted: Callable[[Any], Any]) -> Callable[..., Canvas]:
    """drawn(runs, metrics=[...]): the picture, painted."""

    def draw(
        runs: list[Record], metrics: list[str] | None = None, over: str | None = None, name: str = "net"
    ) -> Canvas:
        canvas = Scores(metrics, over).compare(Sweep(runs, name))
        assert canvas is not None
        return painted(canvas)

    return draw


def titles(canvas: Canvas) -> list[str]:
    return [axes.get_title() for axes in canvas.axes if axes.axison]


def points(axes: Axes, label: str = "these runs") -> dict[float, float]:
    """Where -> the mean there."""
    (line,) = (line for line in axes.lines if line.get_label() == label)
    return dict(zip(*(np.asarray(data, float).tolist() for data in line.get_data()), strict=True))


def bars(axes: Axes) -> list[tuple[float, float, float]]:
    """(where, from, to) of those that there are"""
    ends = [segment for c in axes.containers for segment in c[2][0].get_segments()]  # type: ignore[index]
    return [(*end[0], end[1][1]) for end in ends if len(end)]


def test_means_deviations_and_single_runs(drawn: Callable[..., Canvas]) -> None:
    left, _ = drawn(scan(acc)).axes
    assert (left.get_xlabel(), left.get_title()) == ("clusters, log scale", "acc, higher is better")
    for (place, height), (x, low, high), k in zip(points(left).items(), bars(left), (5, 10, 20), strict=True):
        scores = [acc(k, seed)["all/acc"] for seed in range(3)]
        assert (10**place, 10**x) == pytest.approx((k, k))
        assert height == pytest.approx(mean(scores))
        assert (low, high) == pytest.approx((height - stdev(scores), height + stdev(scores)))
    single = np.asarray(left.collections[-1].get_offsets())
    assert single[:, 1].tolist() == [acc(k, seed)["all/acc"] for k in (5, 10, 20) for seed in range(3)]


def test_a_single_seed_has_no_bars(drawn: Callable[..., Canvas]) -> None:
    canvas = drawn(scan(acc, seeds=1))
    assert not bars(canvas.axes[0]) and not np.size(canvas.axes[0].collections[-1].get_offsets())
    assert canvas.get_supxlabel() == "one run each"
    seeds = "mean ± sample standard deviation over 2 to 3 seeds; small circles: single runs"
    assert drawn(scan(acc)[:-1]).get_supxlabel() == seeds


def test_heading(drawn: Callable[..., Canvas]) -> None:
    assert drawn(scan(acc)).get_suptitle() == "Scores over clusters: net, all rows"
    assert drawn(scan(acc), name="").get_suptitle() == "Scores over clusters: all rows"
    both = scan(lambda k, seed: {"test/mse": k, "val/mse": k})
    canvas = drawn(both, ["*mse"], name="")
    assert canvas.get_suptitle() == "Scores over clusters"
    assert titles(canvas) == ["test/mse, lower is better", "val/mse, lower is better"]
    assert canvas.axes[0].get_ylabel() == "per pixel or feature"


def test_which_panels(drawn: Callable[..., Canvas]) -> None:
    found = {name: 1.0 for name in ("val/acc", "test/loss", "test/mse", "test/pca_mse", "test/clusters_used")}
    runs = scan(lambda k, seed: found)
    assert titles(drawn(runs)) == ["loss, lower is better", "mse, lower is better", "clusters_used"]
    assert titles(drawn(runs, ["pca_mse"])) == ["pca_mse"]
    clusters = {"test/ari": 1.0, "test/inertia": 1.0, "test/silhouette": 0.5}
    runs = scan(lambda k, seed: found | clusters)
    assert titles(drawn(runs)) == ["silhouette, higher is better", "inertia", "ari, higher is better"]
    runs = scan(lambda k, seed: {"val/mse": 1.0, "seconds": 2.0})
    assert titles(drawn(runs)) == ["mse, lower is better"]
    assert titles(drawn(runs, ["seconds"])) == ["seconds"]


def test_other_settings_are_lines(drawn: Callable[..., Canvas]) -> None:
    runs = [
        run(seed, {"test/mse": dim + 10 * (loss == "[bce]")}, model_latent_dim=dim, loss=loss)
        for loss, dim, seed in product(("[mse]", "[bce]"), (1, 2, 3), (0, 1))
    ]
    (axes,) = drawn(runs).axes
    assert points(axes, "loss=[mse]") == {1: 1, 2: 2, 3: 3}
    assert points(axes, "loss=[bce]") == {1: 11, 2: 12, 3: 13}
    (axes,) = drawn(runs, over="loss").axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["[mse]", "[bce]"]
    places = [points(axes, f"dim={dim}") for dim in (1, 2, 3)]
    assert [[*place.values()] for place in places] == [[1, 11], [2, 12], [3, 13]]
    assert len({x for place in places for x in place}) == 6  # side by side
    assert axes.lines[0].get_linestyle() == "None"  # words have nothing between them


def test_where_a_number_is_missing_is_a_gap(drawn: Callable[..., Canvas]) -> None:
    def score(k: int, seed: int) -> Numbers:
        others = {} if k == 10 else {"test/mig": float("inf") if (k, seed) == (20, 1) else 0.5}
        return {"test/mse": 1.0} | others

    mse, mig = drawn(scan(score)).axes
    assert all(np.isfinite([*points(mse).values()]))
    assert np.isfinite([*points(mig).values()]).tolist() == [True, False, False]


def test_a_baseline_is_beside_the_metric_it_shares(drawn: Callable[..., Canvas]) -> None:
    def runs(pca: Callable[[int, str], float]) -> list[Record]:
        return [
            run(0, {"test/mse": k, "test/pca_mse": pca(k, loss)}, clusters=k, loss=loss)
            for k, loss in product((1, 2, 3), ("a", "b"))
        ]

    (axes,) = drawn(runs(lambda k, loss: 10.0 * k)).axes
    assert points(axes, "pca") == {1: 10, 2: 20, 3: 30}
    (axes,) = drawn(runs(lambda k, loss: k if loss == "a" else -k)).axes
    assert points(axes, "pca, loss=a") == {1: 1, 2: 2, 3: 3}
    assert points(axes, "pca, loss=b") == {1: -1, 2: -2, 3: -3}


def test_nothing_lies_on_anything_else(drawn: Callable[..., Canvas]) -> None:
    scores = {f"test/{name}": 0.1 for name in ("mse", "sse", "psnr", "ssim", "loss")}
    words = ["[mse,kl_sparsity,weight_decay]", "[mse]", "[bce,l1_sparsity]"]
    runs = [run(0, scores, loss=word, clusters=k) for word, k in product(words, (1, 2))]
    for over in ("loss", "clusters"):
        canvas = drawn(runs, over=over)
        panels = [axes.get_tightbbox() for axes in canvas.axes if axes.axison]
        boxes = [*panels, canvas.legends[0].get_window_extent(), canvas.texts[0].get_window_extent()]
        for i, one in enumerate(boxes):
            assert canvas.bbox.x0 <= one.x0 and one.x1 <= canvas.bbox.x1
            shared = [Bbox.intersection(one, other) for other in boxes[:i]]
            assert all(box is None or min(box.width, box.height) < 2 for box in shared)  # pixels


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        (scan(acc)[:1], "this sweep has one finished run"),
        (scan(acc)[:3], "nothing but the seed does in this sweep"),
        ([run(0, {"test/mse": 1.0}, x=1)] * 2, "nothing does in this sweep"),
        (scan(lambda k, seed: {"seconds": 1.0}), "these runs have no metrics"),
    ],
)
def test_why_it_is_not_drawn(runs: list[Record], why: str) -> None:
    figure = Scores(None, None)
    assert figure.compare(Sweep(runs)) is None
    assert figure.reason == f"draws what runs scored over a setting that varies, and {why}"


def test_refuses() -> None:
    with pytest.raises(ValueError, match="metrics must name one at least, or be null"):
        Scores([], None)
    with pytest.raises(UserError, match=r"^figure.scores.metrics: no metric 'ac'; did you mean 'acc'\?$"):
        Scores(["ac"], None).compare(Sweep(scan(acc)))
    with pytest.raises(UserError, match=r"^figure.scores.over: no 'dim'; what varies is clusters$"):
        Scores(None, "dim").compare(Sweep(scan(acc)))
