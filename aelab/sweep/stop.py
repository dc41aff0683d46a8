"""Stopping a sweep: a file in its folder that every cell heeds, whatever process or machine trains it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from aelab.interrupt import Interrupted

FILE = "stop"
LEADER = "AELAB_SWEEP"
"""Environment variable: the number of the process that leads the sweep."""

SECONDS = 0.5
"""Between two looks at the file."""


def ask(sweep: Path, why: str) -> None:
    """No cell starts from now on, and those that train save and leave."""
    (sweep / FILE).write_text(f"{why}\n", encoding="utf-8")


def is_asked(sweep: Path) -> bool:
    return (sweep / FILE).is_file()


def withdraw(sweep: Path) -> None:
    (sweep / FILE).unlink(missing_ok=True)


def leader() -> int:
    return int(os.environ.get(LEADER, 0))


@contextmanager
def leading(sweep: Path) -> Iterator[None]:
    """What the process that leads a sweep does with signals: the first asks all cells to stop, and is raised
    as Interrupted when they have; a second Ctrl-C leaves at once.

    A cell that trains in this very process takes the signal itself.
    """
    taken: list[int] = []

    def take(number: int, frame: FrameType | None) -> None:
        if taken and number == signal.SIGINT:
            raise KeyboardInterrupt
        taken.append(number)
        ask(sweep, f"interrupted by {signal.Signals(number).name}")

    os.environ[LEADER] = str(os.getpid())
    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        del os.environ[LEADER]
    if taken:
        raise Interrupted(taken[0])


@contextmanager
def heeding(sweep: Path) -> Iterator[None]:
    """While a cell trains: SIGTERM comes to its process when the sweep is to stop, or its leader has died."""
    over = threading.Event()
    is_own = os.getpid() == leader()  # in which signals come by themselves, and nobody is left to lead
    parent = os.getppid()

    def watch() -> None:
        while not over.wait(SECONDS):
            if is_asked(sweep) or (leader() == parent and os.getppid() != parent):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    if is_own:
        yield
        return
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):  # where the training does not listen
            signal.signal(number, leave)
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def leave(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)
