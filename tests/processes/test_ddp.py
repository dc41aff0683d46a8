"""Runs in two processes of this machine, and the same in one."""

import csv
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

pytestmark = pytest.mark.integration

RUN = (
    "dataset.limit=512", "dataset.split=all", "trainer.max_epochs=3", "trainer.precision=64-true",
    "trainer.accelerator=cpu", "reuse=false", "logger=none", "figure=none", "baseline=none",
)  # fmt: skip
ONE = (*RUN, "dataset.batch_size=64")
TWO = (*RUN, "dataset.batch_size=32", "trainer=ddp", "trainer.accelerator=cpu")


def command(*overrides: str) -> list[str]:
    return [sys.executable, "-m", "aelab", *overrides]


def aelab(folder: Path, *overrides: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*overrides), cwd=folder, capture_output=True, text=True, timeout=240)


def trained(folder: Path, *overrides: str) -> Path:
    """The run's folder."""
    name = f"run-{len(list(folder.iterdir()))}"
    done = aelab(folder, f"hydra.run.dir={name}", *overrides)
    assert done.returncode == 0, done.stderr
    return folder / name


def weights(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


def history(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def assert_equal(run: Path, other: Path, tolerance: float = 1e-7) -> None:
    one, two = weights(run), weights(other)
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=tolerance, atol=tolerance, msg=name)
    for before, after in zip(history(run), history(other), strict=True):
        assert before.keys() == after.keys()
        for name, cell in before.items():
            assert after[name] == cell or float(after[name]) == pytest.approx(float(cell), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "what",
    [
        # statistics of the batch, and draws for its rows
        "loss=[mse,kl_sparsity,mmd] model.latent.activation=sigmoid corruption=[gaussian,masking]",
        "experiment=vae2013 dataset=digits loss.kl.capacity=2 dataset.binarize=dynamic",
        "experiment=iwae2015 dataset=digits loss.iwae.samples=3",
        # players
        "experiment=aae2015 dataset=digits",
        "experiment=dec2016 dataset=digits loss.dec.interval=10",
        "experiment=dcn2017 dataset=digits",
        "experiment=deepcluster2018 dataset=digits model.batch_norm=false",
        # gradients
        "model.latent.dropout=0.3 trainer.gradient_clip_val=0.1 trainer.accumulate_grad_batches=2",
        "recipe=layerwise model.widths=[32,16]",
    ],
)
def test_two_processes_do_what_one_does(what: str, tmp_path: Path) -> None:
    chosen = what.split()
    assert_equal(trained(tmp_path, *chosen, *ONE), trained(tmp_path, *chosen, *TWO))


def test_nothing_of_the_others_is_left(tmp_path: Path) -> None:
    run = trained(tmp_path, *TWO)
    alone = trained(tmp_path, *ONE)
    assert sorted(p.name for p in run.iterdir()) == sorted(p.name for p in alone.iterdir())
    assert not alive(tmp_path)


def begun(folder: Path) -> "subprocess.Popen[str]":
    """A long run in `folder/run`, once it has saved something."""
    process = subprocess.Popen(
        command("hydra.run.dir=run", *TWO, "trainer.max_epochs=400", "callback.checkpoint.every_seconds=0.2"),
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    last = folder / "run" / "checkpoints" / "last.ckpt"
    wait(lambda: last.exists() or process.poll() is not None)
    assert process.poll() is None
    return process


def test_a_signal_stops_all_and_the_run_goes_on(tmp_path: Path) -> None:
    process = begun(tmp_path)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + signal.SIGTERM, said
    assert not alive(tmp_path)
    assert json.loads((tmp_path / "run" / "status.json").read_text())["status"] == "interrupted"
    assert aelab(tmp_path, "resume", "run=run").returncode == 0
    assert_equal(trained(tmp_path, *TWO, "trainer.max_epochs=400"), tmp_path / "run", 1e-12)


def test_a_process_that_is_lost_ends_the_run(tmp_path: Path) -> None:
    process = begun(tmp_path)
    (other,) = set(alive(tmp_path)) - {process.pid}
    os.kill(other, signal.SIGKILL)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and said.splitlines()[-1] == "process 1 of the run has ended: signal 9"
    assert aelab(tmp_path, "resume", "run=run", "trainer.max_epochs=1").returncode == 0


def test_the_death_of_the_first_ends_the_others(tmp_path: Path) -> None:
    process = begun(tmp_path)
    process.kill()
    process.communicate()
    wait(lambda: not alive(tmp_path), 20)


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_in_a_grid_a_run_that_fails_leaves_the_others(launcher: str, tmp_path: Path) -> None:
    if launcher == "joblib" and not find_spec("hydra_plugins.hydra_joblib_launcher"):
        pytest.skip("needs aelab[joblib]")
    grid = (
        "-m",
        *TWO,
        "optimizer.lr=1e-3,1e30",
        "seed=0,1",
        f"hydra/launcher={launcher}",
        "hydra.sweep.dir=s",
    )
    done = aelab(tmp_path, *grid)
    assert done.returncode == 1 and "4 cells: 2 completed, 2 failed" in done.stderr, done.stderr
    assert "became NaN or infinite" in done.stderr
    assert_equal(trained(tmp_path, *ONE, "seed=1"), next(tmp_path.glob("s/1-*")))


def test_torchrun_may_start_the_processes(tmp_path: Path) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*torchrun, "-m", "aelab", *TWO], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    (run,) = tmp_path.glob("outputs/*/*")
    assert_equal(trained(tmp_path, *ONE), run)


def test_several_machines_want_somebody_who_starts_them(tmp_path: Path) -> None:
    done = aelab(tmp_path, *TWO, "trainer.num_nodes=2")
    assert done.returncode == 2 and len(done.stderr.splitlines()) <= 2
    assert "trainer.num_nodes: 2 machines want torchrun or srun" in done.stderr
