"""The command that repeats a row: through a shell and Hydra's grammar it comes back as what was asked."""

import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from aelab.records import Record
from aelab.report.again import again


def parsed(overrides: list[str]) -> list[tuple[str, object]]:
    found = OverridesParser.create().parse_overrides(overrides)
    return [(str(one.input_line).partition("=")[0], one.value()) for one in found]


@pytest.mark.parametrize(
    "overrides",
    [
        ["model.latent.dim=10", "loss=[mse,kl]", "seed=3"],
        ["name='it is; rm -rf $HOME'", "title=\"a 'b' c\"", "dataset.root='/data/my photos'"],
        ["+callback.x={_target_: own.Own, text: 'a, b'}", "~figure", "++trainer.y=null", "seed=0"],
        ["optimizer.lr={_target_: aelab.schedule.Cosine, start: 1e-3, end: 0}"],
        ["optimizer@recipe.reconstruct.optimizer=adam", "experiment=none", "x=''", "y=*a?b"],
    ],
)
def test_a_run_comes_back_as_it_was(overrides: list[str]):
    program, *words = shlex.split(again([Record(Path("run"), overrides=overrides)]))
    assert program == "aelab" and words == overrides and parsed(words) == parsed(overrides)


def test_seeds_become_a_grid():
    row = [Record(Path("x"), seed=s, overrides=["loss=[mse]", f"seed={s}", "a=1"]) for s in (0, 2, 2)]
    assert again(row) == "aelab -m 'loss=[mse]' seed=0,2 a=1"
    (seed,) = (one for one in OverridesParser.create().parse_overrides(["seed=0,2"]))
    assert seed.is_sweep_override()
    assert again(row[:1]) == "aelab 'loss=[mse]' seed=0 a=1"


def test_a_run_that_was_resumed_says_a_setting_once():
    """It has what it began with and then what was changed; an added setting is added still."""
    overrides = ["+callback.x=1", "trainer.max_epochs=2", "trainer.max_epochs=9", "callback.x=3"]
    assert again([Record(Path("x"), overrides=overrides)]) == "aelab +callback.x=3 trainer.max_epochs=9"
