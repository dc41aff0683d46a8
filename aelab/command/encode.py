"""`aelab encode run=DIR [input=PATH]`: codes and clusters of a split or of the user's own files."""

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
    from aelab.cluster.assigned import assigned
    from aelab.dataset.input import read_input
    from aelab.view import codes

    run = opened(config)
    output = Path(config.output or run.folder / "codes.npz").expanduser()
    if output.suffix not in KINDS:
        raise UserError(f"output: takes a file ending in {', '.join(KINDS)}; got '{output}'")
    if config.input and output.resolve() == Path(config.input).expanduser().resolve():
        raise UserError(f"output: '{output}' is the input; give another file")
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
    columns = {} if y is None else {"label": y.numpy()}
    if (clustering := run.system.model.clustering) is not None:
        columns |= assigned(z, clustering).columns
    output.parent.mkdir(parents=True, exist_ok=True)
    save(output, z.numpy(), names, columns)
    also = ", with their clusters," if clustering is not None else ""
    said = f"{count(len(z), 'code')} of {count(z.shape[1], 'number')}{also}"
    sys.stdout.write(f"{said} in {output}\n")


def save(path: Path, z: np.ndarray, names: list[str] | None, columns: dict[str, np.ndarray]) -> None:
    """z [n, d], with names where there are any and what else is known, [n] each; a .npy holds z alone."""
    if path.suffix == ".npy":
        np.save(path, z)
    elif path.suffix == ".npz":
        whole = {"z": z, **{"y" if name == "label" else name: column for name, column in columns.items()}}
        np.savez(path, allow_pickle=False, **whole, **({} if names is None else {"names": np.array(names)}))
    else:
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["name", *columns, *(f"z{i + 1}" for i in range(z.shape[1]))])
            beside = [column.tolist() for column in columns.values()]
            for i, code in enumerate(z.tolist()):
                writer.writerow([names[i] if names else i, *(column[i] for column in beside), *code])
