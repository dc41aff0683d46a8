"""Every run with all its settings and metrics, a row each, as CSV for other programs."""

from aelab.comparison import union
from aelab.records import FACTS, Record
from aelab.table import as_csv


def everything(runs: list[Record]) -> str:
    settings, metrics = union(run.settings for run in runs), union(run.numbers for run in runs)
    columns = [name for name in metrics if name not in FACTS] + [*FACTS]
    return as_csv(
        ["folder", "status", "why", "seed", *settings, *columns, "device"],
        (
            [str(run.folder), run.status, run.why, run.seed]
            + [run.settings.get(name) for name in settings]
            + [run.numbers.get(name) for name in columns]
            + [run.device]
            for run in runs
        ),
    )
