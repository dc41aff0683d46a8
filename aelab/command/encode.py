"""`aelab encode run=DIR [input=PATH]`: codes of a split or of the user's own files."""

import csv
import sys
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from aelab.app import application
from aelab.command.finished import opened, plain, split_of
from aelab.errors import UserError
from aelab.table import count

KINDS = (".npz", ".npy", ".csv")


def main(argv: list[str]) -> int:
    return application(task, "encode", argv)


def task(config: DictConfig) -> None:
    from aelab.dataset.input import read_input
    from aelab.view import codes

    run = opened(config)
    output = Path(config.output or run.folder / "codes.npz")
    if output.suffix not in KINDS:
        raise UserError(f"output: takes a file ending in {', '.join(KINDS)}; got '{output}'")
    dataset = run.system.dataset
    if config.input:
        rows = read_input(config.input, dataset)
        z, y, names = run.encode(rows.x, config.label, plain(config.attributes)), None, rows.names
    else:
        split = split_of(config, run)
        z, y = codes(run.system, split)
        index, order = dataset.splits[split].sort()  # as they stand in the source
        z, y, listed = z[order], None if y is None else y[order], dataset.rows.names
        names = [listed[i] if listed else str(i) for i in index.tolist()]
    output.parent.mkdir(parents=True, exist_ok=True)
    save(output, z.numpy(), None if y is None else y.numpy(), names)
    sys.stdout.write(f"{count(len(z), 'code')} of {count(z.shape[1], 'number')} in {output}\n")


def save(path: Path, z: np.ndarray, y: np.ndarray | None, names: list[str] | None) -> None:
    """z [n, d], with labels and names where there are any; a .npy holds z alone."""
    if path.suffix == ".npy":
        np.save(path, z)
    elif path.suffix == ".npz":
        columns = {"z": z, "y": y, "names": None if names is None else np.array(names)}
        np.savez(path, allow_pickle=False, **{key: c for key, c in columns.items() if c is not None})
    else:
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            d = z.shape[1]
            writer.writerow(["name", *(["label"] if y is not None else []), *(f"z{i + 1}" for i in range(d))])
            for i, code in enumerate(z.tolist()):
                label = [] if y is None else [int(y[i])]
                writer.writerow([names[i] if names else i, *label, *code])
