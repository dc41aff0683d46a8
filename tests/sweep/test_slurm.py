"""Sweeps on Slurm: a cluster of one node, which is started here."""

import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from slurm_cluster import LACKS, cluster, said
from sweeps import SMALL, cells, same, status, sweeping, swept, wait

HAS_LAUNCHER = find_spec("submitit") and find_spec("hydra_plugins.hydra_submitit_launcher")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not HAS_LAUNCHER, reason="needs aelab[slurm]"),
    pytest.mark.skipif(bool(LACKS), reason=f"needs {', '.join(LACKS)}"),
]
SLURM = ("hydra/launcher=submitit_slurm", "hydra.launcher.partition=debug", "hydra.launcher.timeout_min=5")
ALONE = f"hydra.launcher.cpus_per_task={os.cpu_count()}"
"""One cell at a time has the node; the others wait in the queue."""

SHORT = ("-m", *SMALL, "dataset.limit=100", "trainer.max_epochs=2")
LONG = ("-m", *SMALL, "seed=0")


@pytest.fixture(scope="module", autouse=True)
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with cluster(tmp_path_factory.mktemp("slurm")):
        yield


def jobs() -> list[str]:
    """The number and the state of each job that has not ended."""
    return said("squeue", "--me", "--array", "--noheader", "--format=%i %T").splitlines()


def test_a_sweep_on_slurm_is_the_one_here(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, launcher in ((here, ()), (there, SLURM)):
        code, told = swept(folder, *SHORT, *launcher, "model.latent.dim=2,3", "seed=0")
        assert code == 0, told
    assert len(cells(there)) == 2 and same(here, there)


def test_cells_that_fail_or_are_cancelled_leave_the_others(tmp_path: Path) -> None:
    with sweeping(tmp_path, *SHORT, *SLURM, ALONE, "optimizer.lr=1e30,1e-3,1e-4") as process:
        wait(lambda: any("_1 PENDING" in job for job in jobs()))
        said("scancel", next(job for job in jobs() if "_1 " in job).split()[0])
        assert process.wait(120) == 1
    told = (tmp_path / "said").read_text()
    assert all(f"1 {state}" in told for state in ("completed", "failed", "unfinished")), told
    failed, whole = cells(tmp_path)
    assert failed.name == "0-lr=1e+30" and status(failed)["status"] == "failed"
    assert whole.name == "2-lr=0.0001" and (whole / "results.json").is_file()


def test_a_cell_whose_time_is_over_queues_again_and_goes_on(tmp_path: Path) -> None:
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    limits = ("timeout_min=1", "signal_delay_s=15", "max_num_timeout=9")
    settings = (*SLURM[:2], *(f"hydra.launcher.{one}" for one in limits))
    long = (*LONG, "trainer.max_epochs=2500", "callback.checkpoint.every_seconds=1000")
    checkpoint = disturbed / "sweep" / "0" / "checkpoints" / "last.ckpt"
    saved = False
    with sweeping(undisturbed, *long) as here, sweeping(disturbed, *long, *settings) as there:

        def is_over() -> bool:
            nonlocal saved
            for job in (job.split()[0] for job in jobs() if job.endswith(" PENDING")):
                saved = saved or checkpoint.is_file()
                said("scontrol", "update", f"JobId={job}", "StartTime=now")  # else in two minutes
            return there.poll() is not None

        wait(is_over, 300)
        assert there.returncode == 0 and here.wait(120) == 0, (disturbed / "said").read_text()
    assert saved and same(undisturbed, disturbed)
    assert (disturbed / "said").read_text().count("[1/1]") == 1


def test_a_sweep_that_is_stopped_leaves_no_job_and_can_go_on(tmp_path: Path) -> None:
    settings = ("trainer.max_epochs=1000", "callback.checkpoint.every_seconds=0.5", "model.latent.dim=2,3")
    with sweeping(tmp_path, *LONG, *SLURM, ALONE, *settings) as process:
        wait(lambda: any((cell / "checkpoints" / "last.ckpt").is_file() for cell in cells(tmp_path)))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    told = (tmp_path / "said").read_text()
    assert "aelab resume sweep=sweep goes on" in told and "Traceback" not in told
    assert [status(cell)["status"] for cell in cells(tmp_path)] == ["interrupted"] and not jobs()
    code, told = swept(tmp_path, "resume", "sweep=sweep", "hydra/launcher=basic")
    assert code == 0 and [status(cell)["status"] for cell in cells(tmp_path)] == 2 * ["completed"], told


def test_one_run_in_several_tasks_is_the_one_in_as_many_processes_here(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    ddp = (*SHORT, "trainer=ddp", "trainer.accelerator=cpu", "seed=0,1")
    tasks = (*SLURM, "hydra.launcher.tasks_per_node=2", "hydra.launcher.cpus_per_task=1")
    for folder, launcher in ((here, ()), (there, tasks)):
        code, told = swept(folder, *ddp, *launcher)
        assert code == 0, told
    assert len(cells(there)) == 2 and same(here, there)
