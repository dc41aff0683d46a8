"""`aelab reconstruct run=DIR input=PATH`: the user's own files through a run's model."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from omegaconf import DictConfig

from aelab.app import application
from aelab.command.finished import opened, plain
from aelab.errors import UserError
from aelab.table import count

if TYPE_CHECKING:
    from torch import Tensor

    from aelab.run import Run


def main(argv: list[str]) -> int:
    return application(task, "reconstruct", argv)


def task(config: DictConfig) -> None:
    from aelab.dataset import array_file
    from aelab.dataset.images import is_image

    run = opened(config)
    source = Path(config.input).expanduser()
    output = Path(config.output or run.folder / "reconstructions").expanduser()
    is_name_of_file = is_image(output.name) or output.suffix.lower() in array_file.SUFFIXES
    if output.is_file() or (is_name_of_file and not output.is_dir()):
        raise UserError(f"output: takes a folder, got the file '{output}'")
    if run.system.dataset.has_photos and (source.is_dir() or is_image(source.name)):
        whole_photos(config, run, source, output)
    elif config.reference is not None:
        raise UserError("reference: takes null, for it is of whole photos and of runs with dataset=photos")
    else:
        rows(config, run, source, output)


def whole_photos(config: DictConfig, run: "Run", source: Path, output: Path) -> None:
    """Files of any size, tile by tile, each as a file of its own kind."""
    from aelab.figure.before_after import sheet
    from aelab.label import said
    from aelab.photo_folder import restore_folder
    from aelab.photo_places import places

    if config.overlap is not None and not 0 <= config.overlap < 1:
        raise UserError(f"overlap: must lie in [0, 1), got {config.overlap:g}")
    if config.degrade and config.reference is not None:
        raise UserError("reference: takes null with degrade=true, where the input itself is the truth")
    reference = None if config.reference is None else Path(config.reference).expanduser()
    at = places(source, output, reference, config.sheet)
    given = said(run.system, config.label, 1, plain(config.attributes))
    outcome = restore_folder(run.system, at, config.degrade, overlap=config.overlap, given=given)
    if outcome.rows:
        outcome.write_scores(output / "scores.csv")
        if config.sheet:
            n, every = len(outcome.shown), len(outcome.rows)
            some = "" if n == every else f", the first {n} of {every} photos"
            sheet(outcome.shown, f"Before and after: {run.config.name}{some}").savefig(
                output / "sheet.png", dpi=110
            )
        scores = [outcome.mean(name) for name in ("psnr", "before_psnr")]
        told = "; PSNR {:.2f} dB, before {:.2f} dB".format(*scores) if None not in scores else ""
        sys.stdout.write(f"{count(len(outcome.rows), 'photo')} in {output}{told}\n")
    outcome.say()


def rows(config: DictConfig, run: "Run", source: Path, folder: Path) -> None:
    """Images of the run's own shape, cropped and resized to it, or arrays."""
    from aelab.anomalies import write_scores
    from aelab.dataset.input import read_input
    from aelab.metric.anomaly import score
    from aelab.photo_places import spare

    dataset = run.system.dataset
    rows = read_input(source, dataset)
    if rows.names:
        root = source if source.is_dir() else source.parent
        spare(folder, rows.names, {(root / name).resolve().parent: "input" for name in rows.names})
    elif source.resolve() in ((folder / name).resolve() for name in (f"{source.stem}.npy", "scores.csv")):
        raise UserError(f"output: '{folder}' would write over the input; give another folder")
    attributes = plain(config.attributes)
    x_hat = run.reconstruct(rows.x, config.degrade, config.label, attributes)  # [n, *shape] in its own units
    folder.mkdir(parents=True, exist_ok=True)
    if dataset.is_image and rows.names:
        write_images(dataset.scale(x_hat), rows.names, folder)
        said = f"{count(len(x_hat), 'image')} in {folder}"
    else:
        path = folder / f"{source.stem}.npy"
        np.save(path, x_hat.numpy())
        said = f"{count(len(x_hat), 'row')} in {path}"
    if not config.degrade:
        names = rows.names or [str(i) for i in range(len(rows.x))]
        scores = score(dataset.scale(rows.x), dataset.scale(x_hat))
        write_scores(names, scores.tolist(), folder / "scores.csv")
    error = (dataset.scale(rows.x) - dataset.scale(x_hat)).square().mean()
    sys.stdout.write(f"{said}; mean squared error to the input {error:.4g} per pixel\n")


def write_images(x: "Tensor", names: list[str], folder: Path) -> None:
    """[n, c, h, w] in [0, 1] as PNG files under the names of their inputs."""
    from PIL import Image

    # a.jpg and a.png must not become one file
    alone = Counter(Path(name).with_suffix("") for name in names)
    pixels = (x.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()  # [n, h, w, c]
    for image, name in zip(pixels, names, strict=True):
        path = folder / name
        path = (
            path.with_suffix(".png")
            if alone[Path(name).with_suffix("")] == 1
            else path.with_name(f"{path.name}.png")
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image).save(path)
