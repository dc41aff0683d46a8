"""What becomes of a sweep's jobs in Slurm's queue, told by the queue itself."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from submitit.slurm.slurm import SlurmInfoWatcher, SlurmJob

from aelab.sweep import stop

ENDS = (
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "TIMEOUT",
    "GONE",
)
"""States that a job does not leave; GONE is ours, for one that the queue has forgotten."""

SECONDS = 15
"""Between two looks at the queue, at most; jobs that have ended well say so themselves."""


@contextmanager
def watching(sweep: Path) -> Iterator["Queue"]:
    """In this block submitit asks our Queue for the state of its jobs."""
    before, SlurmJob.watcher = SlurmJob.watcher, Queue(sweep)
    try:
        yield SlurmJob.watcher
    finally:
        SlurmJob.watcher = before


class Queue(SlurmInfoWatcher):
    """States of jobs, from squeue. submitit's own source is Slurm's accounts: where a cluster keeps none,
    it would wait forever for a job that was cancelled.

    A sweep that is to stop lets no job begin: those that wait are cancelled.
    """

    def __init__(self, sweep: Path) -> None:
        super().__init__(delay_s=SECONDS)
        self.sweep, self.is_stopped = sweep, False

    def wait(self) -> None:
        """Until every job has ended. submitit waits for none after the first that ended badly."""
        while not all([self.is_done(job) for job in self._registered]):
            time.sleep(1)

    def update_if_long_enough(self, mode: str) -> None:
        if not self.is_stopped and self._registered and stop.is_asked(self.sweep):
            self.is_stopped = True
            subprocess.run(["scancel", "--state=PENDING", *self._registered], check=False)
        super().update_if_long_enough(mode)

    def is_done(self, job_id: str, mode: str = "standard") -> bool:
        return self.get_state(job_id, mode) in ENDS

    def _make_command(self) -> list[str] | None:
        if not self._registered - self._finished:
            return None
        return ["squeue", "--me", "--array", "--states=all", "--noheader", "--format=%i|%T"]

    def read_info(self, string: str | bytes) -> dict[str, dict[str, str]]:
        text = string if isinstance(string, str) else string.decode()
        states = dict(line.split("|", 1) for line in text.splitlines())
        return {job: {"State": states.get(job, "GONE")} for job in self._registered}
