"""Figures over the training, as animated pictures."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger

from aelab.callback.spread import Spread
from aelab.figure.figure import Figure, SweepFigure
from aelab.files import replacing
from aelab.system import System
from aelab.training import Training

DPI = 80


class Film(Spread):
    """Draws figures at some epochs: `figures/<name>_film.gif` of each, and in TensorBoard with a slider

    The frames lie in `checkpoints/film` as PNG files.

    figure: by name, drawn from the net as it is then; history and baselines stay out.
    name: the run's.
    count: about so many frames, the first before the first step.
    seconds: a frame, and three times as long the last.
    """

    def __init__(
        self, folder: Path, figure: dict[str, Figure], name: str, count: int = 20, seconds: float = 0.4
    ) -> None:
        super().__init__(count)
        if seconds <= 0:
            raise ValueError(f"seconds must be positive, got {seconds}")
        for of, one in figure.items():
            if isinstance(one, SweepFigure):
                raise ValueError(f"a film is of one run, and the figure {of} is of a sweep's runs together")
        self.folder, self.figure, self.name, self.seconds = folder, figure, name, seconds

    def frames(self, of: str = "*") -> dict[tuple[str, int], Path]:
        """(figure, epoch) -> file, in the course of the training."""
        found = {}
        for path in sorted(self.folder.glob(f"film/{of}-*.png")):
            shown, _, epoch = path.stem.rpartition("-")
            found[shown, int(epoch)] = path
        return found

    def found(self) -> set[int]:
        return {epoch for _, epoch in self.frames()}

    def drop(self, epochs: set[int]) -> None:
        for (_, epoch), path in self.frames().items():
            if epoch in epochs:
                path.unlink()

    def take(self, epoch: int, trainer: pl.Trainer, module: Training) -> None:
        for of, picture in self.drawn(module.system, epoch).items():
            with replacing(self.folder / "film" / f"{of}-{epoch:06d}.png") as partial:
                partial.write_bytes(picture)
            for logger in trainer.loggers:
                if isinstance(logger, TensorBoardLogger):
                    shades = np.asarray(Image.open(BytesIO(picture)).convert("RGB"))
                    step = module.position.value
                    logger.experiment.add_image(f"{of}_film", shades, step, dataformats="HWC")

    def drawn(self, system: System, epoch: int) -> dict[str, bytes]:
        """The figures as PNG."""
        from aelab.view import glimpse

        pictures = {}
        with glimpse(system, f"epoch {epoch} of {self.name}") as seen:
            for of, figure in self.figure.items():
                if (canvas := figure.draw(seen)) is not None:
                    picture = BytesIO()
                    canvas.savefig(picture, format="png", dpi=DPI)
                    pictures[of] = picture.getvalue()
        return pictures

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_end(trainer, pl_module)
        for of in self.figure if trainer.is_global_zero else ():
            if paths := list(self.frames(of).values()):
                self.write(paths, self.folder.parent / "figures" / f"{of}_film.gif")

    def write(self, paths: list[Path], place: Path) -> None:
        """The frames as one animated picture."""
        first, *rest = [Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE) for path in paths]
        milliseconds = [round(1000 * self.seconds)] * len(paths)
        milliseconds[-1] *= 3
        place.parent.mkdir(parents=True, exist_ok=True)
        first.save(place, save_all=True, append_images=rest, duration=milliseconds, loop=0)
