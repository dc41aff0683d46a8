"""One process at a time trains in a run's folder."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aelab.errors import UserError
from aelab.files import folder_name


@contextmanager
def locked(folder: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold the folder, which the system lets go of when the process ends, however it does.

    patience: seconds to wait for another one that is about to leave. Raises UserError if it does not.
    """
    handle, late = os.open(folder, os.O_RDONLY), time.monotonic() + patience
    try:
        while not taken(handle):
            if time.monotonic() > late:
                raise UserError(f"run: '{folder_name(folder)}' is being trained by another process")
            time.sleep(0.1)
        yield
    finally:
        os.close(handle)


def is_held(folder: Path) -> bool:
    """Whether a process of this machine trains in it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        return not taken(handle)
    finally:
        os.close(handle)


def taken(handle: int) -> bool:
    """Whether the folder behind this handle is ours now; where the system has no such locks, it always is."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
