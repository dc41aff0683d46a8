"""A run of several processes: the first starts the others, or meets those that are there, and leads them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import torch
import torch.distributed as dist
from hydra.errors import CompactHydraException
from omegaconf import DictConfig, OmegaConf

from aelab.errors import UserError
from aelab.processes import place
from aelab.processes.group import from_first
from aelab.sweep.share import threads

SAID, READY = "said.txt", "ready"

PATIENCE = 5.0
"""Seconds that a process which fails may take from the loss of its connections to its end."""


class Lost(CompactHydraException):
    """A process of the run has ended before the others."""


@contextmanager
def leading(config: DictConfig, folder: Path, resume: bool, processes: int, nodes: int) -> Iterator[None]:
    """While a run trains in so many processes on each of the nodes: the others do in lockstep what this one
    does, and leave nothing.

    Raises UserError where others were started than are wanted, Lost where one has ended before its time.
    """
    if processes * nodes == 1:
        yield
        return
    where = place.given()
    if not where and nodes > 1:
        raise UserError(
            f"trainer.num_nodes: {nodes} machines want torchrun or srun to start {processes} on each"
        )
    if where and int(where["WORLD_SIZE"]) != processes * nodes:
        raise UserError(
            f"trainer.devices × trainer.num_nodes: {processes} × {nodes} processes, and "
            f"{where['WORLD_SIZE']} were started"
        )
    alone, others = not where, []
    where = where or place.first(processes)
    clear(folder)  # what a run that was killed may have left
    try:
        with place.at(where), sharing(processes):
            if alone:
                others = [start(folder, where, rank) for rank in range(1, processes)]
                wait(others, folder)
            meet()
            from_first((OmegaConf.to_yaml(config), str(folder), resume))
            yield
    except CompactHydraException:
        raise
    except Exception as error:
        raise lost(others, folder) or error from error
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
        for other in others:
            other.kill()
            other.wait()
        clear(folder)


def meet() -> None:
    """Make all processes of the run a group. Raises RuntimeError where one does not come."""
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=timedelta(minutes=10))
    # from now on one that is gone is noticed at once, and one that does for all what takes long is waited for
    patient = getattr(dist, "set_timeout", None) or dist.distributed_c10d._set_pg_timeout  # its older name
    patient(timedelta(days=1))


def start(folder: Path, where: dict[str, str], rank: int) -> "subprocess.Popen[bytes]":
    """A process of this machine beside the first."""
    own = own_folder(folder, rank)
    own.mkdir()
    command = [sys.executable, "-m", "aelab.processes.follow", str(os.getpid()), str(own)]
    with (own / SAID).open("wb") as said:
        return subprocess.Popen(
            command,
            env={**os.environ, **where, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=said,
            start_new_session=True,  # Ctrl-C is the first one's, which tells the others
        )


def wait(others: "list[subprocess.Popen[bytes]]", folder: Path) -> None:
    """Until all are there. Raises Lost where one will never be."""
    signs = [own_folder(folder, rank) / READY for rank in range(1, len(others) + 1)]
    while not all(sign.exists() for sign in signs):
        if any(other.poll() is not None for other in others):
            raise lost(others, folder) or Lost("a process of the run has ended")
        time.sleep(0.05)


def own_folder(folder: Path, rank: int) -> Path:
    """What a process beside the first writes while the run trains; nobody will read it."""
    return folder / f".process-{rank}"


def clear(folder: Path) -> None:
    for own in folder.glob(".process-*"):
        rmtree(own, ignore_errors=True)


def lost(others: "list[subprocess.Popen[bytes]]", folder: Path) -> Lost | None:
    """Which process had ended when this one failed, and what it said last."""
    late = time.monotonic() + PATIENCE
    while time.monotonic() < late:
        for rank, other in enumerate(others, start=1):
            if other.poll() is not None:
                said = (own_folder(folder, rank) / SAID).read_text(errors="replace").split("\n")
                last = next((line for line in reversed(said) if line.strip()), "")
                how = f"signal {-other.returncode}" if other.returncode < 0 else last.strip()
                return Lost(f"process {rank} of the run has ended: {how}")
        time.sleep(0.05)
    return None


@contextmanager
def sharing(processes: int) -> Iterator[None]:
    """Meanwhile the cores are shared out among the processes of this machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads(before, processes))
    try:
        yield
    finally:
        torch.set_num_threads(before)
