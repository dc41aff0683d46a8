"""Data sets built as the command line builds them: from their YAML and overrides."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from aelab.build import build
from aelab.dataset.dataset import Dataset

CONF = Path(__file__).parents[2] / "conf" / "dataset"


@cache
def composed(name: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(name)


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[..., Dataset]:
    """dataset("mnist", "limit=10"): not yet set up, its root the test's own folder."""

    def make(name: str, *overrides: str) -> Dataset:
        return build(
            OmegaConf.merge(composed(name), OmegaConf.from_dotlist([f"root={tmp_path}", *overrides]))
        )

    return make
