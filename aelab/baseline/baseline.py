"""A baseline: a classic method fitted to the same training rows and scored on the same split."""

from aelab.dataset.dataset import Dataset


class Baseline:
    def scores(self, dataset: Dataset, split: str, dim: int) -> dict[str, float]:
        """Metrics by name with codes of `dim` numbers, in the units of the run's own metrics."""
        raise NotImplementedError
