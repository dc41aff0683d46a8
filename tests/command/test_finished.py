"""What a user sees who got a command on a finished run wrong: the run, its settings, the input."""

from collections.abc import Callable
from pathlib import Path

import pytest
from table_file import write_table

Refused = Callable[..., list[str]]


@pytest.mark.parametrize("command", ["evaluate", "encode", "draw", "reconstruct"])
def test_a_run_must_be_given_and_be_one(command: str, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    given = ["input=x.png"] if command == "reconstruct" else []
    missing = "run: must be given"
    if command == "draw":
        missing = "run, sweep: a folder must be given; run=DIR draws one run, sweep=DIR every run of a sweep"
    assert refused(command, *given) == [missing]
    run = "a run's folder has .hydra/config.yaml and checkpoints"
    assert refused(command, "run=empty", *given) == [f"run: 'empty' is not the folder of a run; {run}"]


def test_a_run_that_is_not_there_or_not_named(refused: Refused) -> None:
    run = "a run's folder has .hydra/config.yaml and checkpoints"
    assert refused("evaluate", "run=nowhere") == [f"run: 'nowhere' does not exist; {run}"]
    (line,) = refused("evaluate", "outputs/somewhere")
    assert "run=outputs/somewhere" in line


def test_wrong_settings_of_a_command(refused: Refused, digits_run: Path) -> None:
    run = f"run='{digits_run}'"
    assert refused("evaluate", run, "weights=bets") == ["weights: takes best or last, got 'bets'"]
    assert refused("evaluate", run, "split=tets") == ["split: takes one of train, val, test; got 'tets'"]
    assert refused("evaluate", run, "metrik=reconstruction") == [
        "metrik: no such setting; did you mean 'metric'?"
    ]
    assert refused("evaluate", run, "baseline=none") == [
        "baseline: no such setting; there are dataset, metric, run, split, weights"
    ]
    assert refused("draw", run, "figure=[filter]") == ["figure: no option 'filter'; did you mean 'filters'?"]
    assert refused("encode", run, "output=codes.txt") == [
        "output: takes a file ending in .npz, .npy, .csv; got 'codes.txt'"
    ]


def test_all_that_is_wrong_with_a_command(refused: Refused) -> None:
    assert refused("reconstruct", "weights=bets", "degrade=3") == [
        "run: must be given",
        "input: must be given",
        "degrade: takes true or false, got 3",
        "weights: takes best or last, got 'bets'",
    ]


def test_wrong_input(refused: Refused, digits_run: Path, tmp_path: Path) -> None:
    run = f"run='{digits_run}'"
    write_table(tmp_path)
    (tmp_path / "broken.png").write_text("no image")
    (tmp_path / "notes.md").write_text("no data")
    for given, line in (
        ("nowhere", "no file or folder 'nowhere'"),
        ("table.npz", "vectors of 6 features; the run was trained on [1, 8, 8]"),
        ("broken.png", "1 of 1 images cannot be read: broken.png (not an image)"),
        ("notes.md", "'notes.md' is neither an image, a folder of images nor an array file "
                     "(.npz, .npy, .mat, .csv, .tsv, .txt)"),
    ):  # fmt: skip
        assert refused("reconstruct", run, f"input={given}") == [f"input: {line}"]
    assert refused("encode", run, "input=nowhere") == ["input: no file or folder 'nowhere'"]


def test_data_that_has_moved(refused: Refused, photos_run: Path) -> None:
    assert refused("evaluate", f"run='{photos_run}'", "dataset.root=elsewhere") == [
        "dataset.root: no folder 'elsewhere'"
    ]


def test_an_untrained_run_is_named(refused: Refused, digits_run: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / ".hydra").mkdir(parents=True)
    (tmp_path / "run" / ".hydra" / "config.yaml").write_text(
        (digits_run / ".hydra" / "config.yaml").read_text()
    )
    assert refused("evaluate", "run=run") == [
        "run: 'run' has no best.ckpt or last.ckpt in checkpoints; was it trained?"
    ]
