"""Runs of several stages, each trained once for all tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("stage.recipes")  # so that `alike` says what differs

Metrics = dict[str, float]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Metrics]]:
    """whole("layerwise"): the folder and the metrics of a run that nothing disturbed."""
    from stage.recipes import run

    made: dict[Any, tuple[Path, Metrics]] = {}

    def make(recipe: str, *overrides: str) -> tuple[Path, Metrics]:
        if (recipe, *overrides) not in made:
            folder = tmp_path_factory.mktemp("whole")
            made[recipe, *overrides] = folder, run(folder, recipe, *overrides)
        return made[recipe, *overrides]

    return make
