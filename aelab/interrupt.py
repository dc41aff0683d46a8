"""Ctrl-C and SIGTERM during training: finish the minibatch, save, leave with the signal's exit status."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Training was asked to stop; `status` is the exit status that shells expect, 128 + signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.status = 128 + number


class Interrupt:
    """Whether a signal has asked the training to stop.

    asked: the signal that this process has got.
    agreed: the one that any process of the run had got when they last spoke of it.
    """

    asked = agreed = 0
    is_listening = False

    def check(self) -> None:
        """Raise Interrupted where it was asked."""
        if self.asked:
            raise Interrupted(self.asked)

    def agree(self) -> None:
        """Speak of it, at a place to which all processes come."""
        from aelab.processes.group import greatest

        self.agreed = greatest(self.asked)

    def heed(self) -> None:
        """Raise Interrupted where they agreed that it was asked."""
        if self.agreed:
            raise Interrupted(self.agreed)

    @contextmanager
    def listening(self) -> Iterator["Interrupt"]:
        """Take the first signal as a request; a second Ctrl-C stops at once."""
        before = {number: signal.getsignal(number) for number in SIGNALS}
        self.is_listening = True
        self.listen()
        try:
            yield self
        finally:
            self.is_listening = False
            for number, handler in before.items():
                signal.signal(number, handler)

    def listen(self) -> None:
        """Take the signals, where somebody else has taken them meanwhile."""
        for number in SIGNALS if self.is_listening else ():
            signal.signal(number, self.request)

    def request(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = number


def leave(number: int, frame: FrameType | None) -> None:
    """A signal's handler outside the training: leave at once, cleaning up on the way."""
    raise Interrupted(number)
