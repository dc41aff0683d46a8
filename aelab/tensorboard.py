"""What TensorBoard shows of a run beside its curves: settings, final metrics, pictures, codes."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger, TensorBoardLogger
from torch.utils.tensorboard.summary import hparams
from torchvision.io import ImageReadMode, read_image

from aelab.dataset.dataset import Dataset

GROUPS = ("seed", "dataset", "corruption", "model", "loss", "optimizer")
"""What tells runs apart."""

CODES = 1000
"""Codes that the projector gets at most."""


def show(
    config: DictConfig,
    metrics: Mapping[str, float],
    pictures: Iterable[Path],
    codes: tuple[torch.Tensor, torch.Tensor | None],
    dataset: Dataset,
    loggers: Iterable[Logger],
    step: int,
) -> None:
    """Write all of it to every TensorBoard logger among the loggers."""
    images = [(path.stem, read_image(str(path), ImageReadMode.RGB)) for path in pictures]
    for logger in loggers:
        if not isinstance(logger, TensorBoardLogger):
            continue
        for name, image in images:
            logger.experiment.add_image(name, image, step)
        for name, value in metrics.items():
            logger.experiment.add_scalar(f"final/{name}", value, step)
        # without the "experiment" record, which would fix the columns to this run's, runs differ as they like
        _, start, end = hparams(dict(settings(config)), {f"final/{name}": 0 for name in metrics})
        logger.experiment.file_writer.add_summary(start)
        logger.experiment.file_writer.add_summary(end)
        project(logger, codes, dataset, step)


def settings(config: DictConfig) -> Iterator[tuple[str, Any]]:
    """`model.latent.dim`, 2: the settings of GROUPS, flat."""

    def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                is_class = key == "_target_"
                yield from flat(
                    name if is_class else f"{name}.{key}", inner.rpartition(".")[2] if is_class else inner
                )
        else:
            yield name, value if isinstance(value, (bool, int, float, str)) else str(value)

    for group in GROUPS:
        chosen = config[group]
        plain = OmegaConf.to_container(chosen, resolve=True) if OmegaConf.is_config(chosen) else chosen
        yield from (pair for pair in flat(group, plain) if pair[0] not in ("dataset.root", "dataset.file"))


def project(
    logger: TensorBoardLogger, codes: tuple[torch.Tensor, torch.Tensor | None], dataset: Dataset, step: int
) -> None:
    """The codes, their labels and thumbnails, for the projector."""
    z, y = codes[0][:CODES], codes[1]
    z = F.pad(z, (0, max(0, 3 - z.shape[1])))  # the projector wants a space
    classes = dataset.rows.classes
    labels = None if y is None else [classes[i] if classes and i >= 0 else str(i) for i in y[:CODES].tolist()]
    rows = dataset.splits[dataset.final][:CODES]
    small = dataset.is_image and max(dataset.shape) <= 32
    thumbnails = squares(dataset.gather(rows)[0].clamp(0, 1)) if small else None
    # what a run that was finished before left there; added to, it would be warned of
    shutil.rmtree(Path(logger.log_dir) / f"{step:05}" / "codes", ignore_errors=True)
    logger.experiment.add_embedding(z, labels, thumbnails, global_step=step, tag="codes")


def squares(images: torch.Tensor) -> torch.Tensor:
    """[n, c, h, w] -> [n, c, s, s], s = max(h, w): higher than wide, the projector does not take them."""
    h, w = images.shape[2:]
    down, right = max(w - h, 0), max(h - w, 0)
    return F.pad(images, (right // 2, right - right // 2, down // 2, down - down // 2))
