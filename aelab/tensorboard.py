"""What TensorBoard shows of a run beside its curves: settings, final metrics, pictures, codes."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from pytorch_lightning.loggers import Logger, TensorBoardLogger
from torch import Tensor
from torch.utils.tensorboard.summary import hparams

from aelab.cluster.assigned import assigned
from aelab.dataset.dataset import Dataset
from aelab.figure.canvas import class_name
from aelab.figure.figure import View
from aelab.figure.tile import pixels
from aelab.model.clustering import Clustering

CODES = 1000
"""Codes that the projector gets at most."""

SIDE = 48
"""Pixels that a thumbnail is high or wide at most."""


def show(
    settings: Mapping[str, float | str],
    metrics: Mapping[str, float],
    pictures: Iterable[Path],
    seen: View,
    loggers: Iterable[Logger],
    step: int,
) -> None:
    """Write all of it to every TensorBoard logger among the loggers.

    settings: that tell the run from others.
    seen: the run, for its codes.
    step: that the training of its curves came to.
    """
    codes = seen.codes(seen.dataset.final)
    images = {path.stem: np.asarray(Image.open(path).convert("RGB")) for path in pictures}
    for logger in loggers:
        if not isinstance(logger, TensorBoardLogger):
            continue
        for name, image in images.items():
            logger.experiment.add_image(name, image, step, dataformats="HWC")
        for name, value in metrics.items():
            logger.experiment.add_scalar(f"final/{name}", value, step)
        # without the "experiment" record, which would fix the columns to this run's, runs differ as they like
        _, start, end = hparams(dict(settings), {f"final/{name}": 0 for name in metrics})
        logger.experiment._get_file_writer().add_summary(start)
        logger.experiment._get_file_writer().add_summary(end)
        project(logger, codes, seen.dataset, step, seen.model.clustering)


def project(
    logger: TensorBoardLogger,
    codes: tuple[Tensor, Tensor | None],
    dataset: Dataset,
    step: int,
    clustering: Clustering | None = None,
) -> None:
    """The codes, what is known of each and its thumbnail, for the projector."""
    rows, z = dataset.splits[dataset.final][:CODES], codes[0][:CODES].flatten(1)
    columns = dict(known(rows, z, codes[1], dataset, clustering))
    cells = list(zip(*columns.values(), strict=True))
    # of one column it takes the header for a row
    metadata = (cells, list(columns)) if len(columns) > 1 else ([cell for (cell,) in cells], None)
    # what a run that was finished before left there; added to, it would be warned of
    shutil.rmtree(Path(logger.log_dir) / f"{step:05}" / "codes", ignore_errors=True)
    space = F.pad(z, (0, max(0, 3 - z.shape[1])))  # the projector wants one
    pictures = thumbnails(rows, dataset) if dataset.is_image else None
    logger.experiment.add_embedding(space, metadata[0], pictures, step, "codes", metadata[1])


def known(
    rows: Tensor, z: Tensor, y: Tensor | None, dataset: Dataset, clustering: Clustering | None
) -> Iterator[tuple[str, list[str]]]:
    """The columns `label`, `cluster` and `row`, those that there are; a row's file, where it has one."""
    if y is not None:
        yield "label", [" ".join(class_name(dataset, label).split()) for label in y[: len(z)].tolist()]
    if clustering is not None:
        yield "cluster", [str(cluster) for cluster in assigned(z, clustering).cluster.tolist()]
    names = dataset.rows.names
    yield "row", [" ".join(names[row].split()) if names else str(row) for row in rows.tolist()]


def thumbnails(rows: Tensor, dataset: Dataset) -> Tensor:
    """[n, 1 or 3, s, s] in [0, 1], images whole and in the middle: not square, the projector takes none."""
    shades = torch.from_numpy(pixels(dataset.gather(rows)[0], dataset))
    images = shades[:, None] if shades.ndim == 3 else shades.permute(0, 3, 1, 2)
    h, w = images.shape[2:]
    if max(h, w) > SIDE:
        h, w = (max(1, round(n * SIDE / max(h, w))) for n in (h, w))
        images = F.interpolate(images, (h, w), mode="area")
    down, right = max(w - h, 0), max(h - w, 0)
    return F.pad(images, (right // 2, right - right // 2, down // 2, down - down // 2))
