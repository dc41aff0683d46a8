"""The end of the time that a cluster gives to a job: the cell saves, and its job queues again."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from aelab.errors import UserError
from aelab.files import read_json, write_json
from aelab.interrupt import Interrupted
from aelab.sweep import stop


@contextmanager
def heeding(cell: Path) -> Iterator[None]:
    """While a cell trains in a job of submitit's, which is told by SIGUSR2 that its time is nearly over.

    submitit's own answer, to queue the job again and leave, comes once the training has saved.
    Raises UserError where the job has queued as often as it may.
    """
    number = getattr(signal, "SIGUSR2", None)
    queue = signal.getsignal(number) if number and "SUBMITIT_EXECUTOR" in os.environ else None
    if number is None or not callable(queue):
        yield
        return
    is_over = False

    def save(number: int, frame: FrameType | None) -> None:
        nonlocal is_over
        is_over = True
        signal.raise_signal(signal.SIGTERM)

    signal.signal(number, save)
    try:
        yield
    except Interrupted:
        if not is_over or stop.is_asked(cell.parent):
            raise
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # Slurm ends a job that it queues again
        write_json(cell / "status.json", (read_json(cell / "status.json") or {}) | {"status": "waiting"})
        try:
            queue(number, None)  # leaves
        except Exception as error:
            raise UserError(
                "the job's time was over; hydra.launcher.max_num_timeout says how often it may go on"
            ) from error
        raise
    finally:
        signal.signal(number, queue)
