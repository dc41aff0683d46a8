"""`aelab evaluate run=DIR`: metrics of a finished run."""

import sys

from omegaconf import DictConfig

from aelab.app import application
from aelab.build import build
from aelab.command.finished import opened, split_of
from aelab.errors import UserError
from aelab.table import table


def main(argv: list[str]) -> int:
    return application(task, "evaluate", argv)


def task(config: DictConfig) -> None:
    from aelab.anomalies import are_asked, write_anomalies
    from aelab.compatible import mismatched
    from aelab.evaluation import score

    run = opened(config)
    split, system = split_of(config, run), run.system
    system.metrics = build(config.get("metric", {}))
    if wrong := mismatched(system):
        raise UserError(*wrong)
    rows = [[name, f"{value:.6g}"] for name, value in score(system, [split]).items()]
    sys.stdout.write(table(["metric", str(run.folder)], rows) + "\n")
    if are_asked(system):
        path = run.folder / "anomalies.csv"
        write_anomalies(system, path)
        sys.stdout.write(f"the score of every row in {path}\n")
