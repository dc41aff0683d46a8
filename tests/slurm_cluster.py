"""A Slurm of one node on this machine, for the tests that need one."""

import getpass
import os
import platform
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sweeps import wait

LACKS = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if not shutil.which(name)]
"""What is not installed; apt-get install slurmctld slurmd munge has all of it."""

CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SchedulerParameters=sched_interval=1,sched_min_interval=100000
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus}
PartitionName=debug Nodes={host} Default=YES State=UP
"""


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Its commands find it by SLURM_CONF; all of its files are in a folder, all of its ports on loopback."""
    (key := folder / "munge.key").write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    config = CONFIG.format(
        host=platform.node().partition(".")[0],
        controller=free_port(),
        node=free_port(),
        user=getpass.getuser(),
        folder=folder,
        cpus=os.cpu_count(),
    )
    (folder / "slurm.conf").write_text(config)
    files = {"key-file": key, "socket": "munge.socket", "pid-file": "munge.pid", "seed-file": "munge.seed"}
    options = [f"--{name}={folder / file}" for name, file in files.items()]
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        stack.enter_context(service(folder, "munged", "--foreground", "--force", *options))
        wait((folder / "munge.socket").exists, 20)
        stack.enter_context(service(folder, "slurmctld", "-D"))
        stack.enter_context(service(folder, "slurmd", "-D"))
        wait(lambda: said("sinfo", "--noheader", "--format=%T") == "idle", 20)
        stack.callback(wait, lambda: not said("squeue", "--me", "--noheader"), 30)
        stack.callback(said, "scancel", "--me")
        yield


@contextmanager
def service(folder: Path, name: str, *options: str) -> Iterator[None]:
    """A program that runs beside this block."""
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen([name, *options], stdout=log, stderr=log, start_new_session=True)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def said(*command: str) -> str:
    """What a command writes."""
    return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
