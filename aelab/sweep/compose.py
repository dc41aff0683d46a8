"""The configs of a sweep's cells: Hydra composes those once that choose the same options."""

import copy
from collections.abc import Sequence

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf


class Composer:
    """Overrides -> the whole config, Hydra's own settings among it.

    A composition reads some thirty files. Cells that differ in plain values alone, as in the seed, share it:
    a copy takes the values.
    """

    def __init__(self, loader: ConfigLoader, config: DictConfig) -> None:
        self.loader, self.config = loader, config
        self.parser = OverridesParser.create(config_loader=loader)
        self.known: dict[tuple[str, ...], DictConfig] = {}

    def __call__(self, overrides: Sequence[str]) -> DictConfig:
        parsed = self.parser.parse_overrides(list(overrides))
        values = [one for one in parsed if self.is_plain(one)]
        # what is asked for, but for these values
        key = tuple(str(one.key_or_group if one in values else one.input_line) for one in parsed)
        if key not in self.known:
            self.known[key] = self.loader.load_sweep_config(self.config, list(overrides))
        whole = copy.deepcopy(self.known[key])
        for one in values:
            OmegaConf.update(whole, one.key_or_group, one.value(), merge=True)
        told = self.config.hydra.overrides.hydra
        whole.hydra.overrides.hydra = [*told, *(text for text in overrides if is_hydras(text))]
        whole.hydra.overrides.task = [text for text in overrides if not is_hydras(text)]
        return whole

    def is_plain(self, override: Override) -> bool:
        """Whether it gives a setting a number, a text or a list, and chooses no option of a group."""
        key = override.key_or_group
        is_value = not str(override.input_line).startswith(("+", "~")) and override.package is None
        return is_value and not isinstance(override.value(), dict) and not self.loader.get_group_options(key)


def is_hydras(override: str) -> bool:
    return override.lstrip("+~").startswith(("hydra.", "hydra/"))
