"""What of the machine a cell gets, where several train at once: cores shared out, GPUs dealt round."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig


@contextmanager
def shared(config: DictConfig, launcher: Any, number: int) -> Iterator[None]:
    """While the cell of this number trains, its process takes a share of the cores, its config of GPUs."""
    import torch
    from threadpoolctl import threadpool_limits

    jobs = at_once(launcher)
    if config.trainer.accelerator in ("auto", "gpu", "cuda") and jobs > 1:
        config.trainer.devices = dealt(config.trainer.devices, number, torch.cuda.device_count())
    before = torch.get_num_threads()
    most = min(before, threads(cores(), jobs))
    torch.set_num_threads(most)
    try:
        with threadpool_limits(most):
            yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """That this process may use: of a Slurm job, what it was given, to which not every Slurm binds it."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    tasks = int(os.environ.get("SLURM_NTASKS_PER_NODE", 1))
    given = int(os.environ.get("SLURM_CPUS_ON_NODE", here * tasks)) // tasks
    return max(1, min(here, int(os.environ.get("SLURM_CPUS_PER_TASK", given))))


def at_once(launcher: Any) -> int:
    """How many cells a launcher trains at once on this machine."""
    jobs = launcher.get("n_jobs", 1) or 1
    return cores() if jobs < 0 else int(jobs)


def threads(cores: int, jobs: int) -> int:
    """Of each of so many jobs; two of a job take turns where there are fewer cores than jobs."""
    return max(1, cores // jobs)


def dealt(devices: Any, number: int, gpus: int) -> Any:
    """`trainer.devices` of a cell by its number: cards are dealt round, so many to each; a list stays."""
    if gpus < 2 or not isinstance(devices, int) or not 0 < devices < gpus:
        return devices
    return [(number * devices + i) % gpus for i in range(devices)]
