"""Which trainings of a run have begun and ended, on disk, so that a run that goes on does not repeat them."""

from pathlib import Path

from aelab.files import read_json, write_json


class Record:
    """The trainings' names and lengths, in the order in which they began; null has not ended.

    A training that begins makes void whatever is not in front of it: that was built on what it was before.

    A length counts minibatches, or passes over the rows where a stage takes none of our steps.

    resume: whether what is on disk counts.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self.path = path
        found = read_json(path) if resume else None
        self.lengths: dict[str, int | None] = found or {}
        self.passed: list[str] = []  # in front of the next

    def has(self, name: str, length: int) -> bool:
        """Whether this training has ended, and no longer one is asked for now."""
        done = self.lengths.get(name)
        if done is None or done < length:
            return False
        self.passed.append(name)
        return True

    def begin(self, name: str) -> None:
        """A training begins, or goes on."""
        self.lengths = {n: self.lengths[n] for n in self.passed} | {name: None}
        self.write()

    def end(self, name: str, length: int) -> None:
        """A training has ended, and its checkpoints are on the disk."""
        self.lengths[name] = length
        self.passed.append(name)
        self.write()

    def write(self) -> None:
        if self.path.parent.is_dir():  # a run without checkpoints has nothing to go on from
            write_json(self.path, self.lengths)
