"""`aelab sample run=DIR n=64`: new data from a run's decoder."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from omegaconf import DictConfig

from aelab.app import application
from aelab.build import build
from aelab.command.finished import opened, plain
from aelab.errors import UserError
from aelab.table import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from aelab.run import Run
    from aelab.sampler.sampler import Sampler


def main(argv: list[str]) -> int:
    return application(task, "sample", argv)


def task(config: DictConfig) -> None:
    import torch

    from aelab.figure.tile import pixels

    run = opened(config)
    dataset = run.system.dataset
    sampler = build(config.sampler)
    folder = Path(config.output or run.folder / f"samples{other(sampler)}")
    if folder.is_file():
        raise UserError(f"output: takes a folder, got the file '{folder}'")
    torch.manual_seed(config.seed)
    attributes = plain(config.attributes)
    x = run.sample(config.n, config.label, sampler, attributes)  # [n, *shape] in the data's own units
    folder.mkdir(parents=True, exist_ok=True)
    if dataset.is_image:
        shades = pixels(dataset.scale(x), dataset)
        write(shades, folder)
        sheet(shades, run, sampler, config.label, attributes).savefig(folder / "samples.png", dpi=150)
        images = count(len(x), "image")
        sys.stdout.write(f"{images} in {folder}, all of them in {folder / 'samples.png'}\n")
    else:
        np.save(folder / "samples.npy", x.numpy())
        sys.stdout.write(f"{count(len(x), 'row')} in {folder / 'samples.npy'}\n")


def write(shades: np.ndarray, folder: Path) -> None:
    """[n, h, w] or [n, h, w, 3] in [0, 1] as 0000.png, 0001.png, ..."""
    from PIL import Image

    if (folder / "samples.png").is_file():  # samples from before: fewer images would leave some of them
        for old in folder.glob("[0-9]*.png"):
            old.unlink()
    digits = max(4, len(str(len(shades) - 1)))
    for i, image in enumerate((shades * 255).round().astype(np.uint8)):
        Image.fromarray(image).save(folder / f"{i:0{digits}}.png")


def other(sampler: "Sampler") -> str:
    """What tells its samples from those of the prior, which need no name: `_gaussian_mixture`."""
    return "" if sampler.name == "prior" else f"_{sampler.name}"


def sheet(
    shades: np.ndarray,
    run: "Run",
    sampler: "Sampler",
    label: int | str | None,
    attributes: dict[str, float] | None,
) -> "Canvas":
    """All on one page; a row for each class where they were drawn in turn."""
    from aelab.figure import canvas as look
    from aelab.figure.block import Block, aligned, blocks
    from aelab.figure.samples import heading
    from aelab.figure.tile import columns_for
    from aelab.label import number
    from aelab.model.condition.given import by_label

    dataset = run.system.dataset
    title = heading(sampler, run.config.name, dataset)
    if not by_label(run.system.model) or label is not None:
        of = "" if label is None else f", label {look.class_name(dataset, number(dataset, label))}"
        of += "".join(f", {name} {value:g}" for name, value in (attributes or {}).items())
        block = Block("", shades, columns_for(len(shades), *shades.shape[1:3]))
        return blocks([block], title + of)
    groups = [shades[label :: dataset.classes] for label in range(min(dataset.classes, len(shades)))]
    names = [look.class_name(dataset, label) for label in range(len(groups))]
    columns = len(groups[0])
    return blocks([Block("", aligned(groups, columns), columns, names)], title)
