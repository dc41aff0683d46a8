"""The space of a search: what Hydra's sweeps of a command line are to Optuna."""

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from aelab.errors import UserError


def space(overrides: Sequence[Override]) -> dict[str, BaseDistribution]:
    """`lr=interval(1e-4,1e-1)`, in logarithms with tag(log, ...); `dim=range(2,9)`; `loss=[mse],[bce]`."""
    return {one.get_key_element(): distribution(one) for one in overrides if one.is_sweep_override()}


def fixed(overrides: Sequence[Override]) -> list[str]:
    """The settings that every trial has."""
    plain = [one for one in overrides if not one.is_sweep_override()]
    return [f"{one.get_key_element()}={one.get_value_element_as_str()}" for one in plain]


def distribution(override: Override) -> BaseDistribution:
    found: Any = override.value()
    try:
        if isinstance(found, IntervalSweep):
            is_log, low, high = "log" in found.tags, found.start, found.end
            if isinstance(low, int) and isinstance(high, int):
                return IntDistribution(low, high, log=is_log)
            return FloatDistribution(float(low or 0), float(high or 0), log=is_log)
        if isinstance(found, RangeSweep) and not found.shuffle:
            low, high, step = found.start or 0, found.stop or 0, found.step
            if all(isinstance(n, int) for n in (low, high, step)):
                return IntDistribution(int(low), int(high) - 1, step=int(step))
        if isinstance(found, ChoiceSweep | RangeSweep):
            return CategoricalDistribution(list(override.sweep_string_iterator()))
    except ValueError as error:
        raise UserError(f"{override.key_or_group}: {error}") from error
    raise UserError(f"{override.key_or_group}: '{override.input_line}' is no range that a search can take")


def overrides_of(params: Mapping[str, Any]) -> list[str]:
    """The settings of a trial, as they would be typed."""
    return [f"{key}={value}" for key, value in params.items()]


def rounded(params: Mapping[str, Any]) -> list[str]:
    """The same in few digits, for names."""
    short = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in params.items()}
    return overrides_of(short)
