"""Every baseline's YAML: one key, its own name, and all that its class takes."""

from inspect import Parameter, signature
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from aelab.baseline.baseline import Baseline
from aelab.build import build

FOLDER = Path(__file__).parents[2] / "conf" / "baseline"
FILES = [path for path in sorted(FOLDER.glob("*.yaml")) if path.stem != "none"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_builds_the_baseline_of_its_name(path: Path) -> None:
    config = OmegaConf.load(path)
    assert isinstance(config, DictConfig) and list(config) == [path.stem]
    (baseline,) = build(config).values()
    assert isinstance(baseline, Baseline) and type(baseline).__module__ == f"aelab.baseline.{path.stem}"
    taken = signature(type(baseline)).parameters
    assert {"_target_", *taken} == set(config[path.stem])
    assert all(parameter.default is Parameter.empty for parameter in taken.values())
