"""What does not fit together, a line for each: what is read and not given, a net and its data."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from table_file import ARRAYS, write_table

Refused = Callable[..., list[str]]

TERMS = """
from torch import Tensor

from aelab.loss.term import Term


class Colour(Term):
    def forward(self, x: Tensor, colour: Tensor) -> Tensor:
        return colour


class Labels(Term):
    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return z.sum(1) * y


class Hidden(Term):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return (x * mask).flatten(1).sum(1)
"""


@pytest.fixture
def terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own terms in the folder where the command runs."""
    (tmp_path / "own_terms.py").write_text(TERMS)
    monkeypatch.delitem(sys.modules, "own_terms", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.mark.parametrize(
    ("overrides", "lines"),
    [
        (["loss=[mse]", "+loss.colour={_target_: own_terms.Colour}"],
         ["loss.colour reads colour; model/latent=deterministic gives z"]),
        (["+loss.hidden={_target_: own_terms.Hidden}"],
         ["loss.hidden reads mask; no corruption gives a mask; corruption=block does"]),
        ([*ARRAYS, "+loss.labels={_target_: own_terms.Labels}"],
         ["loss.labels reads y; this data has no labels"]),
        ([*ARRAYS, "model=conv"],
         ["model: conv takes images [c, h, w]; this data gives vectors [6]. model=mlp takes them"]),
        ([*ARRAYS, "model.tied=true", "loss=[gaussian]", "loss.gaussian.variance=per_pixel"],
         ["model: tied needs a net that mirrors itself; this one goes from 6 numbers to 2, "
          "and from 2 to 12"]),
        ([*ARRAYS, "corruption=block"],
         ["corruption.block: a block is cut out of images; these rows are vectors [6]"]),
        (["corruption=grayscale"],
         ["corruption.grayscale: takes images of 3 channels, red, green and blue; this data has 1"]),
        (["corruption=downsample", "corruption.downsample.scale=3"],
         ["corruption.downsample: scale must divide both sides of an image, got 3 and sides [8, 8]"]),
        (["corruption=downsample", "corruption.downsample.enlarge=none"],
         ["corruption.downsample.always: it makes [1, 4, 4] of [1, 8, 8], and the encoder takes that in use "
          "too; corruption.downsample.always=true"]),
        (["model=identity", "loss=[bce]"],
         ["model: identity gives its input [1, 8, 8] back as it is; this run asks for 1 map(s) of [1, 8, 8] "
          "through sigmoid"]),
        (["+loss.hidden={_target_: own_terms.Hidden}", "+loss.colour={_target_: own_terms.Colour}"],
         ["loss.hidden reads mask; no corruption gives a mask; corruption=block does",
          "loss.colour reads colour; model/latent=deterministic gives z"]),
        (["loss=[mse,kl]", "metric=[mig,elbo]"],
         ["loss.kl reads q; model/latent=gaussian gives a distribution",
          "metric.mig reads factors; this data knows no factors; dataset=shapes does",
          "metric.elbo reads q, likelihood; model/latent=gaussian gives a distribution; among the losses "
          "exactly one must be a likelihood, as bce or gaussian is"]),
        (["+loss.mine={_target_: own_terms.Color}"],
         ["loss.mine._target_: no class 'own_terms.Color'; did you mean 'Colour'?"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_together(
    overrides: list[str], lines: list[str], terms: None, refused: Refused, tmp_path: Path
) -> None:
    write_table(tmp_path)
    assert refused(*overrides) == lines


def test_bce_needs_data_in_the_unit_interval(refused: Refused, tmp_path: Path) -> None:
    write_table(tmp_path)
    (line,) = refused(*ARRAYS, "dataset.scale=standard", "loss=[bce]")
    assert re.fullmatch(
        r"loss\.bce: needs data in \[0, 1\], this data lies in \[-\d\.\d+, \d\.\d+\]; "
        r"loss=\[mse\] takes any, dataset\.scale=unit brings arrays there",
        line,
    )


def test_a_density_needs_more_than_two_values(refused: Refused) -> None:
    for how in ("static", "dynamic"):
        assert refused("loss=gaussian", f"dataset.binarize={how}") == [
            "loss.gaussian: is a density, binarized pixels are 0 or 1; dataset.binarize=none, or loss=bce"
        ]


def test_what_a_refused_corruption_would_give_is_not_missed(refused: Refused) -> None:
    assert refused("experiment=cvae_quadrants", "dataset=digits", "corruption.quadrants.observed=5") == [
        "corruption.quadrants: observed: an image has 4 quadrants, of which 1 to 3 are observed; got 5"
    ]


def test_what_a_refused_likelihood_would_give_is_not_missed(refused: Refused) -> None:
    parts = ["model/latent=gaussian", "loss=[gaussian,kl]", "metric=[elbo]", "loss.gaussian.variance=0"]
    assert refused(*parts) == ["loss.gaussian: variance must be positive, got 0"]


def test_labels_that_are_missing_are_missed_once_by_each_part(refused: Refused, tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", x=np.random.default_rng(0).random((60, 1, 8, 8), dtype=np.float32))
    assert refused(
        *("dataset=arrays", "dataset.file=images.npz", "model/latent=gaussian", "model/condition=label"),
        *("loss=[mse,kl]", "metric=[conditional]"),
    ) == [
        "metric.conditional reads y; this data has no labels",
        "model.condition: this data has no labels",
    ]


def test_problems_of_data_and_parts_come_together(refused: Refused, tmp_path: Path) -> None:
    write_table(tmp_path)
    lines = refused(*ARRAYS, "dataset.scale=standard", "loss=[bce]", "model=conv", "optimizer.lr=-1")
    assert sorted(line.partition(":")[0] for line in lines) == ["loss.bce", "model", "optimizer"]
