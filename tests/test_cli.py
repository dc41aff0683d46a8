"""The command in a process of its own: what it answers at once, what it leaves, how it ends."""

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import aelab as package

SMALL = [
    "dataset.limit=40", "dataset.batch_size=16", "trainer=cpu", "trainer.max_epochs=1", "logger=none",
    "figure=none", "baseline=none",
]  # fmt: skip

AT_ONCE = """
import contextlib, io, sys
from aelab.cli import main

for line in sys.stdin.read().splitlines():
    sys.argv = ["aelab", *line.split()]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
            status = 0
        except SystemExit as leave:
            status = leave.code or 0
    heavy = {"torch", "pytorch_lightning", "matplotlib", "sklearn", "scipy", "tensorboard"} & set(sys.modules)
    assert not heavy, f"{line} imports {heavy}"
    print(status, len((out.getvalue() + err.getvalue()).splitlines()))
import aelab
assert "torch" not in sys.modules
"""


def python(
    *arguments: str, folder: Path, given: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_what_is_answered_without_importing_torch(tmp_path: Path) -> None:
    lines = {
        "--version": 0, "--help": 0, "list": 0, "list loss": 0, "report --help": 0, "resume --help": 0,
        "evaluate --help": 0, "model=cnv": 2, "model.latent.dims=3": 2, "evalute": 2, "list los": 2,
    }  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = python("-c", AT_ONCE, folder=tmp_path, given="\n".join(lines))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    found = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert [status for status, _ in found] == list(lines.values())
    assert all(said == 1 for status, said in found if status)  # one line a problem
    assert after.ru_utime - before.ru_utime < 0.5 * len(lines)  # seconds of the processor
    assert list(tmp_path.iterdir()) == []


def test_version(tmp_path: Path) -> None:
    done = python("-m", "aelab", "--version", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"aelab {package.__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    ["--version", "--help", "list", "report --help", "--cfg job", "-m model.latent.dim=2,3 dry_run=true"],
)
def test_a_reader_that_leaves_early(words: str, tmp_path: Path) -> None:
    """As in `aelab --help | head`."""
    assert unread(tmp_path, *words.split()) == (0, "")


def test_a_run_whose_reader_leaves_ends_as_any_other(tmp_path: Path) -> None:
    status, said = unread(tmp_path, *SMALL)
    (results,) = tmp_path.glob("outputs/*/*/results.json")
    assert status == 0 and said == f"{results.parent.relative_to(tmp_path)}\n"


def unread(folder: Path, *arguments: str) -> tuple[int, str]:
    """(status, stderr) of a command whose stdout nobody reads."""
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        [sys.executable, "-m", "aelab", *arguments],
        cwd=folder,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(write)
        said = process.communicate(timeout=60)[1]
    return process.returncode, said


def test_unknown_word(tmp_path: Path) -> None:
    done = python("-m", "aelab", "trian", "seed=1", folder=tmp_path)
    line = "trian: is no command, and a setting has a '='; did you mean 'train'?\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a newcomer typed `aelab`."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def whole(place: Path) -> subprocess.CompletedProcess[str]:
    done = python("-m", "aelab", "trainer.max_epochs=2", "dataset.limit=200", folder=place)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def run(place: Path, whole: subprocess.CompletedProcess[str]) -> Path:
    (folder,) = place.glob("outputs/*/*")
    return folder


def test_a_runs_folder_is_named_by_date_time_and_what_it_is(run: Path, place: Path) -> None:
    name = r"outputs/\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d-digits-mlp-[0-9a-f]{4}"
    assert re.fullmatch(name, str(run.relative_to(place)))
    assert [path.name for path in place.iterdir()] == ["outputs"]


def test_a_runs_folder_has_what_is_promised_and_no_more(run: Path) -> None:
    files = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    tensorboard = {name for name in files if name.startswith("tensorboard/")}
    figures = ("activations", "filters", "latent_map", "loss_curves", "reconstructions")
    assert files - tensorboard == {
        ".hydra/config.yaml", ".hydra/overrides.yaml", "aelab.log",
        "checkpoints/best.ckpt", "checkpoints/last.ckpt", "checkpoints/stages.json",
        "metrics.csv", "results.json", "status.json",
        *(f"figures/{name}.png" for name in figures),
    }  # fmt: skip
    assert any("events.out.tfevents" in name for name in tensorboard)


def test_a_runs_files_say_what_is_promised(run: Path) -> None:
    assert json.loads((run / "status.json").read_text())["status"] == "completed"
    results = json.loads((run / "results.json").read_text())
    assert results.keys() == {
        "status", "metrics", "overrides", "seed", "epochs", "seconds", "parameters", "device", "precision",
        "versions", "reused",
    }  # fmt: skip
    assert results["overrides"] == ["trainer.max_epochs=2", "dataset.limit=200"]
    assert (run / ".hydra" / "overrides.yaml").read_text() == "- trainer.max_epochs=2\n- dataset.limit=200\n"
    assert (run / "metrics.csv").read_text().startswith("stage,epoch,step,train/loss,lr,val/loss,")
    for name in ("best", "last"):
        assert torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True)["state_dict"]
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert {"reconstructions", "latent_map"} <= set(tags["images"])
    assert {"train/loss", "val/mse", "final/test/mse"} <= set(tags["scalars"])


def test_the_user_reads_where_it_is_and_how_good(
    run: Path, place: Path, whole: subprocess.CompletedProcess[str]
) -> None:
    folder = str(run.relative_to(place))
    assert whole.stderr == f"{folder}\n"
    metrics = json.loads((run / "results.json").read_text())["metrics"]
    rows = {line.split()[0]: line.split()[1:] for line in whole.stdout.splitlines() if line}
    assert rows["test/mse"] == [f"{metrics['test/mse']:.4g}", f"{metrics['test/pca_mse']:.4g}"]
    assert rows["run"] == [folder] and rows["pictures"] == [f"{folder}/figures"]


def test_divergence_ends_with_status_one(aelab: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    status, out, err = aelab(*SMALL, "optimizer.lr=1e30")
    (folder,) = tmp_path.glob("outputs/*/*")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        str(folder.relative_to(tmp_path)),
        "loss.mse became NaN or infinite in stage 'train', epoch 1, step 2. "
        "A smaller optimizer.lr or trainer.gradient_clip_val=1 often helps.",
    ]
    found = json.loads((folder / "status.json").read_text())
    assert found["status"] == "failed" and "loss.mse became NaN or infinite" in found["why"]
    assert not (folder / "results.json").exists()
