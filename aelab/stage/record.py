"""Which trainings of a run are finished, on disk, so that a run that goes on does not repeat them."""

from pathlib import Path

from aelab.files import read_json, write_json


class Record:
    """The trainings' names and lengths in minibatches, in the order in which they ended.

    resume: whether what is on disk counts; from the first training that goes on, nothing behind it does.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self.path, self.resume = path, resume
        found = read_json(path) if resume else None
        self.finished: dict[str, int] = found or {}

    def has(self, name: str, length: int) -> bool:
        """Whether this training is finished, and no longer one is asked for now."""
        return self.resume and self.finished.get(name, -1) >= length

    def add(self, name: str, length: int) -> None:
        """A training has just ended."""
        if self.resume:  # what came behind it was built on what it was before
            names = list(self.finished)
            behind = names[names.index(name) :] if name in names else []
            self.finished = {n: self.finished[n] for n in names if n not in behind}
            self.resume = False
        self.finished[name] = length
        if self.path.parent.is_dir():  # a run without checkpoints has nothing to go on from
            write_json(self.path, self.finished)
