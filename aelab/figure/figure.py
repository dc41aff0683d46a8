"""A figure: one picture of a run, from what a View of it offers, or of a sweep, from its runs' results."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder
from aelab.records import Record
from aelab.trace import Trace


@dataclass
class Side:
    """A baseline as a figure sees it; `trace` holds no x_hat where the method rebuilds nothing.

    places: whether it has codes.
    photos: (split, n) -> Traces with the x_hat of the first n whole photos; none where it rebuilds nothing.
    sample: n -> new rows [n, *shape] in model units; None where it makes none.
    """

    trace: Callable[[str, int], Trace]
    codes: Callable[[str], tuple[Tensor, Tensor | None]]
    places: bool = True
    sample: Callable[[int], Tensor] | None = None
    photos: Callable[[str, int], list[Trace]] = lambda split, n: []


@dataclass
class View:
    """What a figure may look at; tensors on the CPU, in model units, nets in evaluation mode.

    model: the trained autoencoder.
    dataset: its data.
    name: the run's name, for titles.
    trace: (split, n) -> the Trace of the first n rows of a split, corrupted with the fixed seed.
    traces: (split, n, in_use=False) -> the same batch by batch, q and prior among the entries; n None is
        every row; in use, only what is always there corrupts.
    codes: split -> (z [n, d], y [n] or None) of every row of a split, uncorrupted.
    history: the rows of metrics.csv, numbers as floats, cells that are empty left out.
    metrics: the final metrics, `test/mse` and the like.
    baselines: what stands beside the run, by name, fitted when first looked at.
    terms: of the objective, by name.
    snapshots: epoch -> [n, ...] the weights of the encoder's first n filters then, where they were kept.
    mixtures: step -> the parameters of a mixture prior then, where a stage `em` kept them.
    centroids: step -> [K, 2] then, where a stage `kmeans` kept them.
    photos: (split, n) -> the Traces of the first n whole photos of a split, if the data has any.
    """

    model: Autoencoder
    dataset: Dataset
    name: str
    trace: Callable[[str, int], Trace]
    traces: Callable[..., Iterator[Trace]]
    codes: Callable[[str], tuple[Tensor, Tensor | None]]
    history: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    baselines: dict[str, Side] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    snapshots: dict[int, Tensor] = field(default_factory=dict)
    mixtures: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    centroids: dict[int, Tensor] = field(default_factory=dict)
    photos: Callable[[str, int], list[Trace]] = lambda split, n: []


class Figure:
    """One picture. A subclass draws; None where the run has nothing to show of this kind.

    reason: why the last one was not drawn, where the figure knows it.
    """

    reason: str = ""

    def objections(self, dataset: Dataset) -> Iterable[str]:
        """What of its settings this data has not, a line each, asked before training."""
        return ()

    def draw(self, view: View) -> Canvas | None:
        raise NotImplementedError

    def bare(self, view: View) -> np.ndarray | None:
        """The pictures alone, in bytes, [h, w] or [h, w, 3], of a figure that has them quickly."""
        return None

    def nothing(self, why: str) -> None:
        """What `draw` returns where there is nothing to show, and why."""
        self.reason = why


@dataclass
class Sweep:
    """What a figure of a sweep may look at.

    runs: what the folders of its finished runs say, 2 before 10.
    name: the name that all of them have, for titles; empty where names differ.
    told: its sweep.json; a search's has its objectives.
    """

    runs: Sequence[Record]
    name: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


class SweepFigure(Figure):
    """One picture of a sweep's runs together. A subclass compares; None where there is nothing to show."""

    def objections(self, dataset: Dataset) -> Iterable[str]:
        yield "is of the runs of a sweep together, and not of one; aelab draw sweep=DIR draws it"

    def compare(self, sweep: Sweep) -> Canvas | None:
        raise NotImplementedError


def no_images(view: View) -> str:
    """Why a run decodes no images; the empty string where it does."""
    if not view.dataset.is_image:
        return f"draws images; these rows are vectors {list(view.dataset.shape)}"
    return "draws what a decoder makes, and this model has none" if view.model.decoder is None else ""


def conditioned(view: View) -> str:
    """`this model is conditioned on x_tilde`"""
    return f"this model is conditioned on {', '.join(view.model.reads)}"
