"""A figure over the training, as an animated picture."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger

from aelab.callback.spread import Spread
from aelab.evaluation import at_rest
from aelab.figure.figure import Figure, SweepFigure
from aelab.files import replacing
from aelab.system import System
from aelab.training import Training

DPI = 80


class Film(Spread):
    """Draws a figure at some epochs: `figures/<of>_film.gif`, and in TensorBoard with a slider

    The frames lie in `checkpoints/film` as PNG files.

    figure: drawn from the net as it is then; history and baselines stay out.
    of: the figure's name.
    name: the run's.
    count: about so many frames, the first before the first step.
    seconds: a frame, and three times as long the last.
    """

    def __init__(
        self, folder: Path, figure: Figure, of: str, name: str, count: int = 20, seconds: float = 0.4
    ) -> None:
        super().__init__(folder, count)
        if seconds <= 0:
            raise ValueError(f"seconds must be positive, got {seconds}")
        if isinstance(figure, SweepFigure):
            raise ValueError(f"a film is of one run, and the figure {of} is of a sweep's runs together")
        self.figure, self.of, self.name, self.seconds = figure, of, name, seconds

    def frame(self, epoch: int) -> Path:
        return self.folder / "film" / f"{self.of}-{epoch:06d}.png"

    def found(self) -> set[int]:
        return {int(path.stem.rpartition("-")[2]) for path in self.folder.glob(f"film/{self.of}-*.png")}

    def drop(self, epochs: set[int]) -> None:
        for epoch in epochs:
            self.frame(epoch).unlink()

    def take(self, epoch: int, trainer: pl.Trainer, module: Training) -> None:
        picture = self.drawn(module.system, epoch)
        if picture is None:
            return
        with replacing(self.frame(epoch)) as partial:
            partial.write_bytes(picture)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                shades = np.asarray(Image.open(BytesIO(picture)).convert("RGB"))
                step = module.position.value
                logger.experiment.add_image(f"{self.of}_film", shades, step, dataformats="HWC")

    def drawn(self, system: System, epoch: int) -> bytes | None:
        """The figure as a PNG; the training goes on as if nobody had looked."""
        from aelab.view import view

        device = system.device
        with at_rest(system), torch.random.fork_rng(devices=[]):
            canvas = self.figure.draw(view(system, f"epoch {epoch} of {self.name}", [], {}, {}, {}, {}))
        system.to(device)
        system.dataset.to(device)
        if canvas is None:
            return None
        picture = BytesIO()
        canvas.savefig(picture, format="png", dpi=DPI)
        return picture.getvalue()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_end(trainer, pl_module)
        paths = [self.frame(epoch) for epoch in sorted(self.found())]
        if not paths or not trainer.is_global_zero:
            return
        first, *rest = [Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE) for path in paths]
        milliseconds = [round(1000 * self.seconds)] * len(paths)
        milliseconds[-1] *= 3
        place = self.folder.parent / "figures" / f"{self.of}_film.gif"
        place.parent.mkdir(parents=True, exist_ok=True)
        first.save(place, save_all=True, append_images=rest, duration=milliseconds, loop=0)
