"""A dry run says what a run would be: rows, shapes, parameters, stages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from aelab.assemble import assemble
from aelab.describe import describe


@pytest.fixture
def described(composed: Callable[..., DictConfig], tmp_path: Path) -> Callable[..., str]:
    """described("model=conv"): the text of a dry run."""

    def describing(*overrides: str) -> str:
        config = composed(*overrides)
        return describe(config, assemble(config, tmp_path))

    return describing


def table(text: str, title: str) -> dict[str, str]:
    """The rows of the table whose head begins with the title: name -> the rest."""
    block = next(block for block in text.split("\n\n") if block.startswith(title))
    rows = [re.split(r" {2,}", line.strip()) for line in block.splitlines()[2:]]
    return {row[0]: row[-1] for row in rows}


def test_everything_in_one_page(described: Callable[..., str]) -> None:
    text = described(
        "dataset.limit=null", "trainer.limit_train_batches=1.0", "trainer.max_epochs=3", "model.widths=[12]"
    )
    assert (
        text
        == """\
data: 1,294 train, 144 val, 359 test

Trace     shape
────────  ─────────────
x         b × 1 × 8 × 8
y         b
index     b
x_tilde   b × 1 × 8 × 8
h         b × 2
z         b × 2
x_logits  b × 1 × 8 × 8
x_hat     b × 1 × 8 × 8

part     parameters
───────  ──────────
encoder         806
decoder         868
all           1,674

stage  name   kind                            length
─────  ─────  ────  ────────────────────────────────
    1  train  fit   3 epochs of 81 minibatches of 16

dry run: nothing was trained
"""
    )


def test_shared_weights_count_once(described: Callable[..., str]) -> None:
    found = table(described("model.widths=[12]", "model.tied=true", "loss=[gaussian]",
                            "loss.gaussian.variance=learned"), "part")  # fmt: skip
    w1, w2, biases = 64 * 12, 12 * 2, 12 + 64
    assert found == {
        "encoder": f"{w1 + 12 + w2 + 2}",
        "decoder": f"{biases}",
        "loss.gaussian": "1",
        "all": f"{w1 + w2 + 14 + biases + 1}",
    }


def test_what_the_corruption_and_the_likelihood_add(described: Callable[..., str]) -> None:
    shapes = table(
        described("corruption=block", "loss=[gaussian]", "loss.gaussian.variance=per_pixel"), "Trace"
    )
    assert shapes["mask"] == shapes["x_logvar"] == "b × 1 × 8 × 8"


def test_lengths_are_in_minibatches(described: Callable[..., str]) -> None:
    def length(*overrides: str) -> str:
        return table(described("dataset.limit=100", "trainer.limit_train_batches=1.0", *overrides), "stage")[
            "1"
        ]

    assert length("trainer.max_epochs=5") == "5 epochs of 7 minibatches of 16"
    ddp = "trainer.max_epochs=5", "trainer=ddp", "trainer.accelerator=cpu"
    assert length(*ddp) == "5 epochs of 4 minibatches of 2 × 16"
    assert (
        length("trainer.max_epochs=5", "trainer.limit_train_batches=0.5") == "5 epochs of 3 minibatches of 16"
    )


def test_without_nets_there_is_nothing_to_count(described: Callable[..., str]) -> None:
    assert table(described("model=identity"), "part") == {"all": "0"}


def test_a_dry_run_leaves_nothing(aelab: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    status, out, err = aelab("dry_run=true", "dataset.limit=50")
    assert (status, err) == (0, "")
    assert out.startswith("data: 50 train, 50 val, 50 test\n") and out.endswith("nothing was trained\n")
    assert list(tmp_path.iterdir()) == []
