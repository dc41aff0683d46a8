"""Stopping a sweep: a file in its folder that every cell heeds, whatever process or machine trains it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from aelab.interrupt import Interrupted, leave

FILE = "stop"
LEADER = "AELAB_SWEEP"
"""Environment variable: the number of the process that leads the sweep; a job elsewhere inherits it, too."""

SECONDS = 0.5
"""Between two looks at the file."""


def ask(sweep: Path, why: str) -> None:
    """No cell starts from now on, and those that train save and leave."""
    (sweep / FILE).write_text(f"{why}\n", encoding="utf-8")


def is_asked(sweep: Path) -> bool:
    return (sweep / FILE).is_file()


def withdraw(sweep: Path) -> None:
    (sweep / FILE).unlink(missing_ok=True)


def is_leader() -> bool:
    """Whether this very process leads the sweep."""
    return os.getpid() == led_by


@contextmanager
def leading(sweep: Path) -> Iterator[None]:
    """What the process that leads a sweep does with signals: the first asks all cells to stop, and is raised
    as Interrupted when they have; a second Ctrl-C leaves at once.

    A cell that trains in this very process takes the signal itself.
    """
    global led_by
    taken: list[int] = []

    def take(number: int, frame: FrameType | None) -> None:
        if taken and number == signal.SIGINT:
            raise KeyboardInterrupt
        taken.append(number)
        ask(sweep, f"interrupted by {signal.Signals(number).name}")

    led_by = os.getpid()
    os.environ[LEADER] = str(led_by)
    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        del os.environ[LEADER]
        led_by = 0
    if taken:
        raise Interrupted(taken[0])


led_by = 0
"""The process that leads, as it knows itself: a number alone may be another's on another machine."""


@contextmanager
def heeding(sweep: Path) -> Iterator[None]:
    """While a cell trains: SIGTERM comes to its process when the sweep is to stop, or its leader has died.

    A process whose leader has died leaves when its cell has.
    """
    global followed
    if is_leader():  # signals come by themselves, and nobody is left to lead
        yield
        return
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):  # where the training does not listen
            signal.signal(number, leave)
    if not any(thread.name == FILE for thread in threading.enumerate()):
        threading.Thread(target=follow, args=(os.getppid(),), name=FILE, daemon=True).start()
    followed = sweep
    try:
        yield
    finally:
        followed = None


followed: Path | None = None
"""The sweep whose cell this process trains."""


def follow(parent: int) -> None:
    """Watch the sweep and its leader for as long as this process lives."""
    told = None  # the cell's sweep that was told to stop
    while True:
        time.sleep(SECONDS)
        is_orphan = os.environ.get(LEADER) == str(parent) and os.getppid() != parent
        if is_orphan and followed is None:
            os._exit(128 + signal.SIGTERM)
        if followed is not None and followed != told and (is_orphan or is_asked(followed)):
            told = followed
            os.kill(os.getpid(), signal.SIGTERM)
        if followed is None:
            told = None
