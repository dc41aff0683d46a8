"""A metric: numbers about a whole split."""


class Metric:
    """`update` names the Trace entries it reads, batch by batch; `compute` gives the numbers by name."""

    def reset(self) -> None:
        """Forget what was seen."""
        raise NotImplementedError

    def update(self, *entries, **named) -> None:
        """Take in one batch."""
        raise NotImplementedError

    def compute(self) -> dict[str, float]:
        """The numbers over all batches since `reset`."""
        raise NotImplementedError
