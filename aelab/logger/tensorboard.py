"""Lightning's logger for TensorBoard, in the run's own folder."""

from pathlib import Path

from pytorch_lightning.loggers import TensorBoardLogger

from aelab.errors import at_least


class TensorBoard(TensorBoardLogger):
    """Writes to `tensorboard/` in the run's folder

    pictures: the run's figures are drawn at about so many epochs, the first before the first step, for a
        slider beside each; 0 draws them in the end only. TensorBoard shows 10 of a slider's, whatever there
        are, unless it is started with --samples_per_plugin images=100.
    share: of the training's time that drawing may take; a figure that would take longer is left out then.
    """

    def __init__(self, save_dir: str | Path, pictures: int, share: float) -> None:
        at_least(pictures=(pictures, 0), share=(share, 0))
        super().__init__(save_dir, name="", version="tensorboard", default_hp_metric=False)
        self.pictures, self.share = pictures, share
