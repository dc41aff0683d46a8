"""The logger's folder and what it takes."""

from pathlib import Path

import pytest

from aelab.logger.tensorboard import TensorBoard


def test_it_writes_into_the_runs_folder(tmp_path: Path) -> None:
    logger = TensorBoard(tmp_path, pictures=9, share=0.01)
    logger.log_metrics({"train/loss": 1.0}, step=1)
    logger.finalize("success")
    assert [path.name for path in tmp_path.iterdir()] == ["tensorboard"]
    assert any(path.name.startswith("events.out.tfevents") for path in (tmp_path / "tensorboard").iterdir())


@pytest.mark.parametrize("settings", [{"pictures": -1, "share": 0}, {"pictures": 0, "share": -0.1}])
def test_refusals(settings: dict, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be at least 0, got -"):
        TensorBoard(tmp_path, **settings)
