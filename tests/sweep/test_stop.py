"""A sweep that is stopped: by signals, by a file, by the death of the process that leads it."""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from sweeps import alive, wait

from aelab.sweep import stop

GRID = (
    "dataset.limit=400",
    "trainer=cpu",
    "trainer.max_epochs=60",
    "callback.checkpoint.every_seconds=0.1",
    "logger=none",
    "figure=none",
    "baseline=none",
    "seed=0,1,2",
    "hydra.sweep.dir=sweep",
)
HAS_JOBLIB = find_spec("joblib") and find_spec("hydra_plugins.hydra_joblib_launcher")
NEEDS = [pytest.mark.integration, pytest.mark.skipif(not HAS_JOBLIB, reason="needs aelab[joblib]")]


def begin(folder: Path, launcher: str) -> subprocess.Popen[str]:
    """A sweep of three, in a group of processes of its own."""
    command = [sys.executable, "-m", "aelab", "-m", *GRID, f"hydra/launcher={launcher}"]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def trains(folder: Path) -> bool:
    """Whether a cell has saved something and is not done."""
    saved = (path.parents[1] for path in folder.glob("sweep/*/checkpoints/last.ckpt"))
    return any(not (cell / "results.json").exists() for cell in saved)


def states(folder: Path) -> list[str]:
    return [json.loads(path.read_text())["status"] for path in sorted(folder.glob("sweep/*/status.json"))]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    process = begin(folder, "basic")
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 0, said
    return folder


def finish(folder: Path, undisturbed: Path) -> None:
    """Go on, and end with the same three."""
    command = [sys.executable, "-m", "aelab", "resume", "sweep=sweep", "hydra/launcher=basic"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for cell in sorted(undisturbed.glob("sweep/*-seed=*")):
        ours, theirs = (
            torch.load(one / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
            for one in (folder / "sweep" / cell.name, cell)
        )
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
        both = (folder / "sweep" / cell.name, cell)
        metrics = [json.loads((one / "results.json").read_text())["metrics"] for one in both]
        assert metrics[0] == metrics[1]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("launcher", "number"),
    [
        pytest.param("basic", signal.SIGTERM, marks=pytest.mark.integration),
        pytest.param("joblib", signal.SIGINT, marks=NEEDS),
        pytest.param("joblib", signal.SIGKILL, marks=NEEDS),
    ],
)
def test_a_signal_stops_all_and_leaves_what_can_go_on(
    launcher: str, number: signal.Signals, tmp_path: Path, undisturbed: Path
) -> None:
    process = begin(tmp_path, launcher)
    wait(lambda: trains(tmp_path))
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    wait(lambda: not alive(tmp_path), 20)  # also where nobody was left to stop the workers
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number, said
        assert "Traceback" not in said and "aelab resume sweep=sweep goes on" in said
    assert "running" not in states(tmp_path)
    assert not all((cell / "results.json").exists() for cell in (tmp_path / "sweep").glob("*-seed=*"))
    finish(tmp_path, undisturbed)


def test_a_file_stops_a_cell_that_another_process_leads(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from aelab.sweep import stop\n"
        "try:\n"
        "    with stop.heeding(Path(sys.argv[1])): print('on', flush=True); time.sleep(60)\n"
        "except BaseException as error: print(error)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True) as cell:
        assert cell.stdout is not None and cell.stdout.readline() == "on\n"
        stop.ask(tmp_path, "enough")
        assert cell.stdout.readline() == "interrupted by SIGTERM\n"
    assert stop.is_asked(tmp_path)
    stop.withdraw(tmp_path)
    assert not stop.is_asked(tmp_path)
