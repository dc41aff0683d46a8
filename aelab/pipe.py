"""Standard output whose reader may leave (`aelab list | head`): the work goes on, its words go nowhere."""

import os
from collections.abc import Callable, Iterable
from typing import Any, TextIO


class Pipe:
    """A text stream that takes what is written to it also where nobody reads it any more."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        self.attempt(lambda: self.stream.write(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        self.attempt(self.stream.flush)

    def attempt(self, do: Callable[[], object]) -> None:
        try:
            do()
        except BrokenPipeError:  # Python flushes what is held back once more when it ends: into nothing
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())
