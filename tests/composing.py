"""Configurations composed as the command line composes them, but what tests share of it made once."""

import copy
import functools
import re
from collections.abc import Iterable

from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from aelab.places import conf_dir


def composing(overrides: Iterable[str]) -> DictConfig:
    """Choices of options take Hydra ten times as long as values: the same choices are composed once."""
    choices, values = [], []
    for override in overrides:
        (choices if is_choice(override) else values).append(override)
    config = copy.deepcopy(chosen(tuple(choices)))
    ConfigLoaderImpl._apply_overrides_to_config(OverridesParser.create().parse_overrides(values), config)
    return config


def is_choice(override: str) -> bool:
    """Whether it is of a group: `model=conv` and `optimizer@recipe.train.optimizer=adam` are."""
    return (conf_dir() / re.split("[@=]", override.lstrip("+~"))[0]).is_dir()


@functools.cache
def chosen(choices: tuple[str, ...]) -> DictConfig:
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return compose("config", overrides=list(choices))
