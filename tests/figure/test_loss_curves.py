"""The lines are the history."""

import math

import pytest
import torch

from aelab.figure.loss_curves import LossCurves
from aelab.loss.adversarial import Adversarial
from aelab.loss.bce import BCE
from aelab.loss.correntropy import Correntropy
from aelab.loss.foreground import Foreground
from aelab.loss.iwae import IWAE
from aelab.loss.kl import KL
from aelab.loss.kl_sparsity import KLSparsity
from aelab.loss.l1 import L1
from aelab.loss.mask_bce import MaskBCE
from aelab.loss.mmd import MMD
from aelab.loss.mse import MSE
from aelab.loss.perceptual import Perceptual
from aelab.loss.smooth_l1 import SmoothL1
from aelab.reads import reads


@pytest.fixture
def draw(memory, view, painted):
    def from_history(history, shape=(1, 6, 4), **terms):
        v = view(memory(shape), history=history)
        v.terms = terms
        canvas = LossCurves().draw(v)
        return canvas and painted(canvas)

    return from_history


def lines(axes):
    return {line.get_label(): [list(map(float, data)) for data in line.get_data()] for line in axes.lines}


def test_lines_are_the_history_also_where_validation_is_rarer(draw):
    history = [{"epoch": float(e), "train/loss": 9.0 - e} for e in range(6)]
    history[2]["val/loss"], history[5]["val/loss"] = 8.0, 7.5
    (axes,) = draw(history).axes
    assert lines(axes) == {
        "training": [[0, 1, 2, 3, 4, 5], [9, 8, 7, 6, 5, 4]],
        "validation": [[2, 5], [8, 7.5]],
    }
    assert axes.get_yscale() == "linear"


def test_terms_get_a_plot_each_with_a_scale_of_its_own(draw):
    history = [
        {"epoch": float(e), "train/loss": 10.0, "train/loss.mse": 9.0, "train/loss.kl": 10.0 ** (1 - e)}
        for e in range(4)
    ]
    total, mse, kl = draw(history).axes
    assert [axes.get_title() for axes in (total, mse, kl)] == ["total", "mse (unweighted)", "kl (unweighted)"]
    assert lines(kl)["training"] == [[0, 1, 2, 3], [10, 1, 0.1, 0.01]]
    assert [axes.get_yscale() for axes in (total, mse, kl)] == ["linear", "linear", "log"]


@pytest.mark.parametrize("values", [[100.0, 1.0, -1.0], [100.0, 0.0], [10.0, 1.0]])
def test_log_only_for_positive_losses_over_more_than_a_decade(draw, values):
    history = [{"epoch": float(e), "train/loss": value} for e, value in enumerate(values)]
    assert draw(history).axes[0].get_yscale() == "linear"


def test_every_stage_has_a_plot_with_a_scale_of_its_own(draw):
    history = [{"stage": "pretrain.1", "epoch": e, "train/loss": 500.0 / 10**e} for e in range(3)]
    history += [{"stage": "pretrain.2", "epoch": e, "train/loss": 5.0} for e in range(3)]
    history += [{"stage": "train", "epoch": e, "train/loss": 2.0, "val/loss": 3.0} for e in range(1, 5)]
    canvas = draw(history)
    first, second, last = canvas.axes
    assert [axes.get_title() for axes in (first, second, last)] == ["pretrain.1", "pretrain.2", "train"]
    assert lines(first) == {"training": [[0, 1, 2], [500, 50, 5]]}
    assert lines(last) == {"training": [[1, 2, 3, 4], [2] * 4], "validation": [[1, 2, 3, 4], [3] * 4]}
    assert [axes.get_yscale() for axes in canvas.axes] == ["log", "linear", "linear"]
    assert last.get_xlim() != first.get_xlim()
    assert [axes.get_xlabel() for axes in canvas.axes] == ["epoch of the stage"] * 3
    assert [axes.get_ylabel() for axes in canvas.axes] == ["log scale", "", ""]


def test_a_stage_with_a_name_alone_is_one_stage(draw):
    """As in a run without a recipe of several: its name is no title."""
    (axes,) = draw([{"stage": "train", "epoch": e, "train/loss": 2.0} for e in range(3)]).axes
    assert axes.get_title() == ""


def test_terms_are_of_the_last_stage_that_has_some(draw):
    terms = {"train/loss": 3.0, "train/loss.a": 1.0, "val/loss.b": 2.0}
    history = [{"stage": stage, "epoch": e, **terms} for stage in ("pretrain.1", "train") for e in range(2)]
    history += [{"stage": "finetune", "epoch": 0, "train/loss": 5.0}]
    canvas = draw(history)
    assert [axes.get_title() for axes in canvas.axes if axes.lines] == [
        "pretrain.1",
        "train",
        "train: a (unweighted)",
        "train: b (unweighted)",
        "finetune",
    ]
    assert lines(canvas.axes[3]) == {"validation": [[0, 1], [2, 2]]}


def test_what_is_not_finite_is_left_out(draw):
    values = [3.0, math.nan, math.inf, 1.0]
    history = [{"epoch": float(e), "train/loss": value} for e, value in enumerate(values)]
    assert lines(draw(history).axes[0])["training"] == [[0, 3], [3, 1]]


def test_one_epoch_is_a_dot_on_a_whole_number(draw):
    axes = draw([{"epoch": 7.0, "train/loss": 3.0}]).axes[0]
    assert axes.lines[0].get_marker() == "o"
    assert [tick for tick in axes.get_xticks() if 6.5 <= tick <= 7.5] == [7]


def test_units_are_said_where_they_are_true(draw):
    terms = {"mse": MSE(), "bce": BCE(), "kl": KL(1.0, "forward", "auto", 1, None)}
    names = ["train/loss", *(f"train/loss.{name}" for name in terms)]
    history = [{"epoch": float(e), **dict.fromkeys(names, 3.0)} for e in range(2)]
    history[1]["train/loss.mse"] = 300.0
    total, mse, bce, kl = draw(history, **terms).axes
    assert total.get_ylabel() == "weighted sum"
    assert mse.get_ylabel() == "per sample, sum over pixels, log scale"
    assert bce.get_ylabel() == "per sample, sum over pixels"
    assert kl.get_ylabel() == ""


@pytest.mark.parametrize(
    ("shape", "weight", "said"),
    [
        ((1, 6, 4), 1.0, "per sample, sum over pixels"),
        ((5,), 1.0, "per sample, sum over features"),
        ((5,), 2.0, "weighted sum"),
    ],
)
def test_a_term_alone_is_the_total(draw, shape, weight, said):
    (axes,) = draw([{"epoch": 0.0, "train/loss": 3.0}], shape, mse=MSE(weight)).axes
    assert (axes.get_ylabel(), axes.get_xlabel()) == (said, "epoch")


def test_only_terms_that_grow_with_the_pixels_say_so():
    """Of images twice as large, with the same error everywhere, twice as much."""
    smooth, front = SmoothL1(0.1, 1.0), Foreground(0.1, 1.0)
    for term in (MSE(), L1(), smooth, front, Correntropy(0.5, 1.0), MaskBCE(), BCE()):
        entries = [name for name, needed in reads(term.forward).items() if needed]
        small, large = (
            float(term(**{name: torch.full((2, 1, 4, w), 0.1 * i) for i, name in enumerate(entries, 1)})[0])
            for w in (3, 6)
        )
        assert term.over_pixels and large == pytest.approx(2 * small)
    assert not any(term.over_pixels for term in (KL, MMD, Adversarial, Perceptual, KLSparsity, IWAE))


@pytest.mark.parametrize(
    ("k", "places", "lowest"), [(4, [2, 2], [2, 3]), (5, [3, 2], [2, 3, 4]), (6, [3, 3], [3, 4, 5])]
)
def test_many_terms_fill_two_lines_and_the_lowest_say_their_epochs(draw, k, places, lowest):
    names = ["train/loss", *(f"train/loss.t{i}" for i in range(k - 1))]
    canvas = draw([{"epoch": float(e), **dict.fromkeys(names, 1.0 + e)} for e in range(2)])
    drawn = [axes for axes in canvas.axes if axes.lines]
    lines = [axes.get_subplotspec().rowspan.start for axes in drawn]
    assert [lines.count(line) for line in (0, 1)] == places
    assert [i for i, axes in enumerate(drawn) if axes.get_xlabel() == "epoch"] == lowest
    assert [i for i, axes in enumerate(drawn) if axes.xaxis.get_tick_params()["labelbottom"]] == lowest


def test_no_losses_no_curves(draw):
    assert draw([]) is None
    assert draw([{"epoch": 0.0, "val/mse": 1.0, "train/loss_scale": 2.0}]) is None
