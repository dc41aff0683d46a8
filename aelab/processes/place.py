"""Where a process stands among those of its run, in the environment variables that torchrun sets."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("RANK", "LOCAL_RANK", "GROUP_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def of_slurm() -> dict[str, str]:
    """What srun tells each of several tasks; {} where it started one, or none."""
    told = os.environ
    if int(told.get("SLURM_STEP_NUM_TASKS", 1)) < 2:
        return {}
    from lightning_fabric.plugins.environments.slurm import SLURMEnvironment

    return {
        "RANK": told["SLURM_PROCID"],
        "LOCAL_RANK": told["SLURM_LOCALID"],
        "GROUP_RANK": told["SLURM_NODEID"],
        "WORLD_SIZE": told["SLURM_STEP_NUM_TASKS"],
        "LOCAL_WORLD_SIZE": str(int(told["SLURM_STEP_NUM_TASKS"]) // int(told["SLURM_STEP_NUM_NODES"])),
        "MASTER_ADDR": SLURMEnvironment.resolve_root_node_address(told["SLURM_STEP_NODELIST"]),
        "MASTER_PORT": str(15000 + int(told["SLURM_JOB_ID"]) % 10000),  # all come to the same
    }


def rank() -> int:
    """Of this process among those that torchrun or srun has started; 0 where it was started alone."""
    if by_torchrun():
        return int(os.environ["RANK"])
    return int(os.environ["SLURM_PROCID"]) if int(os.environ.get("SLURM_STEP_NUM_TASKS", 1)) > 1 else 0


def given() -> dict[str, str]:
    """What whoever started these processes together says; {} where this one was started alone."""
    return {name: os.environ[name] for name in NAMES} if by_torchrun() else of_slurm()


def by_torchrun() -> bool:
    """Or by ourselves, which say it in the same words."""
    return all(name in os.environ for name in NAMES) and int(os.environ["WORLD_SIZE"]) > 1


def first(processes: int) -> dict[str, str]:
    """Of the first of so many on this machine, which will meet at a port that is free now."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    numbers = 0, 0, 0, processes, processes, "127.0.0.1", port
    return dict(zip(NAMES, map(str, numbers), strict=True))


@contextmanager
def at(place: dict[str, str]) -> Iterator[None]:
    """Stand there; afterwards where one stood before."""
    before = {name: os.environ.get(name) for name in NAMES}
    os.environ.update(place)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
