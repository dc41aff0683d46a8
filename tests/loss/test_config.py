"""Every loss's YAML: one key, its own name, and a term that it builds."""

from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from aelab.build import build
from aelab.loss.term import Term

FILES = sorted((Path(__file__).parents[2] / "conf" / "loss").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_builds_the_term_of_its_name(path: Path, composed: Callable[..., DictConfig]) -> None:
    config = OmegaConf.load(path)
    assert isinstance(config, DictConfig)
    if "defaults" in config:
        assert all((path.parent / f"{name}.yaml").is_file() for name in config.defaults)
        return
    assert list(config) == [path.stem]
    (term,) = build(composed(f"loss=[{path.stem}]").loss).values()
    assert isinstance(term, Term) and type(term).__module__ == f"aelab.loss.{path.stem}"
    assert term.weight == config[path.stem].weight
    own = signature(type(term)).parameters.values() if "__init__" in vars(type(term)) else ()
    assert all(parameter.default is Parameter.empty for parameter in own)  # a default lives once, in the file
    assert "__init__" in vars(type(term)) or config[path.stem].weight == 1  # which is Term's own
