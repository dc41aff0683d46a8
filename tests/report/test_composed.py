"""What is read of a composed configuration line by line is what a YAML parser reads."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf

from aelab.records import Record
from aelab.report.composed import HARMLESS, block, composed


@pytest.mark.parametrize("overrides", [[], ["dataset=image_folder", "dataset.size=[8,6]", "loss=[bce,kl]"]])
def test_blocks_are_the_parsers(composed: Callable[..., DictConfig], overrides: list[str]):
    text = OmegaConf.to_yaml(composed(*overrides))
    parsed = yaml.safe_load(text)
    assert {name: yaml.safe_load(block(text, name)) for name in parsed} == parsed
    assert block(text, "los") == block(text, "target") == ""


def test_of_a_run(tmp_path: Path):
    assert composed(Record(tmp_path)).loss == "" and composed(Record(tmp_path)).data == {}
    (tmp_path / ".hydra").mkdir()
    data = {"root": "x", "batch_size": 4, "size": [8, 6], "nested": {"a": [1], "b": None}, "_target_": "a.B"}
    config = {"objective": "val/mse", "dataset": data, "loss": {"mse": {"weight": 1.0}}}
    (tmp_path / ".hydra/config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(config)).rstrip("\n"))
    found = composed(Record(tmp_path))
    assert found.objective == "val/mse" and yaml.safe_load(found.loss) == config["loss"]
    assert {key: yaml.safe_load(text) for key, text in found.data.items()} == {
        key: value for key, value in data.items() if key not in HARMLESS
    }
