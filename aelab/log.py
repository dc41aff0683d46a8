"""Where messages go: all of them to the run's aelab.log, the important ones to the terminal."""

import logging
import sys
from pathlib import Path


def start(folder: Path | None = None, cell: str = "") -> None:
    """Send to the terminal what the user must know, and to folder/aelab.log everything, with times.

    cell: whose messages these are, where several runs have one terminal.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.INFO)
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(logging.Formatter(f"{cell}: %(message)s" if cell else "%(message)s"))
    console.addFilter(matters)
    root.addHandler(console)
    if folder is not None:
        file = logging.FileHandler(folder / "aelab.log", encoding="utf-8")
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
        root.addHandler(file)
    logging.captureWarnings(True)


def quiet_lightning() -> None:
    """Keep Lightning's tips and device lists out; it sets its level on import, so call this after."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)


def matters(record: logging.LogRecord) -> bool:
    """Whether the user must see it at once; what libraries warn of is in the log."""
    ours = record.name.startswith("aelab") and record.levelno >= logging.WARNING
    return ours or record.name == "aelab.notice" or record.levelno >= logging.ERROR
