"""Figures over the training, each with a slider in TensorBoard."""

import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pytorch_lightning as pl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from PIL import Image
from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[attr-defined]

from aelab.callback.spread import Spread
from aelab.figure.figure import Figure, View
from aelab.logger.tensorboard import TensorBoard
from aelab.training import Training
from aelab.view import glimpse

DPI = 80
LEAST = 0.05  # seconds that bare pictures may take of the shortest training, as much at each epoch
GUESS = 0.2  # seconds of a whole figure that was not drawn yet
FIRST = 3  # times as long the first takes, which loads what the end needs anyway


class Slider(Spread):
    """Draws figures at some epochs for TensorBoard, each under its own name, before the run draws the last

    The pictures alone where a figure has them quickly, else the whole of it; history and baselines stay out.
    What would take more than the share of the training's time is left out then; of short trainings, whole
    figures are. Pictures are written when a checkpoint is: a training that goes on from it has none twice.

    figure: by name.
    name: the run's.
    count: about so many epochs.
    share: of the time since this was made, when the run's first stage began.
    """

    def __init__(self, figure: Mapping[str, Figure], name: str, count: int, share: float) -> None:
        super().__init__(count)
        self.figure, self.name, self.share = figure, name, share
        self.held: list[tuple[Summary, int]] = []  # pictures that are not written yet
        self.took: dict[str, float] = {}  # seconds of each figure
        self.around = 0.0  # and of what comes before and after
        self.spent, self.began, self.entered = 0.0, time.monotonic(), 0.0

    def found(self) -> set[int]:
        return set(self.epochs.values())  # what lies behind was drawn, or left out

    def drop(self, epochs: set[int]) -> None:
        """What is newer than a checkpoint was never written."""

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.write(trainer)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self.write(trainer)

    def has_time(self, seconds: float, bare: bool = True) -> bool:
        """For what takes so long, in this moment; bare pictures of the untrained net there always are."""
        if bare and not self.taken:
            return True
        now = time.monotonic()
        spent = self.spent + now - self.entered + seconds
        least = LEAST * (len(self.taken) + 1) / len(self.epochs) if bare else 0
        return spent <= least + self.share * (now - self.began)

    def take(self, epoch: int, trainer: pl.Trainer, module: Training) -> None:
        self.entered = time.monotonic()
        step = module.position.value
        if step == module.plan.total or trainer.world_size > 1 or not self.has_time(self.around):
            return
        drawing = counted = 0.0
        with glimpse(module.system, f"epoch {epoch} of {self.name}") as seen:
            for name, figure in self.figure.items():
                begun = time.monotonic()
                picture = self.picture(name, figure, seen)
                if picture is not None:
                    self.held.append((summary(name, picture), step))
                    took = time.monotonic() - begun
                    self.took[name] = took if name in self.took else took / FIRST
                    drawing, counted = drawing + took, counted + self.took[name]
        self.around = time.monotonic() - self.entered - drawing
        self.spent += self.around + counted

    def picture(self, name: str, figure: Figure, seen: View) -> np.ndarray | None:
        """In bytes, [h, w] or [h, w, 3]; None where there is nothing to show, or no time."""
        if not self.has_time(self.took.get(name, 0)):
            return None
        picture = figure.bare(seen)
        if picture is None and self.has_time(self.took.get(name, GUESS), bare=False):
            canvas = figure.draw(seen)
            picture = None if canvas is None else shades(canvas)
        return picture

    def write(self, trainer: pl.Trainer) -> None:
        for logger in trainer.loggers if self.held else ():
            if isinstance(logger, TensorBoard):
                for picture, step in self.held:
                    logger.experiment._get_file_writer().add_summary(picture, step)
                logger.experiment.flush()
        self.held.clear()


def summary(name: str, picture: np.ndarray) -> Summary:
    """A picture as TensorBoard has it."""
    file = BytesIO()
    Image.fromarray(picture).save(file, format="png")
    h, w, *colours = picture.shape
    image = Summary.Image(
        height=h, width=w, colorspace=len(colours) * 2 + 1, encoded_image_string=file.getvalue()
    )
    return Summary(value=[Summary.Value(tag=name, image=image)])


def shades(canvas: Canvas) -> np.ndarray:
    """[h, w, 3] in bytes"""
    canvas.dpi = DPI
    drawn = FigureCanvasAgg(canvas)
    drawn.draw()
    return np.asarray(drawn.buffer_rgba())[..., :3].copy()
