"""The settings that TensorBoard's HPARAMS tells runs apart by: few, named as they are typed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from aelab.assemble import LISTS

MAIN = ("dataset", "corruption", "model", "model/latent", "model.latent.dim", "loss", "seed")
"""A run's choices, whether they were typed or not."""

ASIDE = (
    "name", "dry_run", "reuse", "fail_fast", "objective", "dataset.root",
    "metric", "baseline", "figure", "callback", "logger",
)  # fmt: skip
"""Settings that leave what is trained as it is; only where a sweep varies them they count."""


def settings(config: DictConfig, typed: Sequence[str], varying: Sequence[str] = ()) -> dict[str, float | str]:
    """`{"experiment": "vae", "model.latent.dim": 2.0}`

    Of a sweep's cell what varies, and beside a varying experiment the choices that it makes; of a single run
    its choices and whatever else was typed. A column must hold one kind of value, or TensorBoard's filters
    lose rows: numbers are numbers in every run, null is absent, and a schedule is each of its own settings.
    """
    said = [text.lstrip("+").partition("=") for text in typed if text[:1] != "~"]
    texts = {key: value for key, _, value in said}
    names = [key.lstrip("+") for key in varying] or [key for key in texts if not key.startswith(ASIDE)]
    if not varying or "experiment" in varying:
        names += MAIN
    return {
        key: value
        for name in dict.fromkeys(names)
        for key, value in entries(name, OmegaConf.select(config, name.replace("/", ".")), texts.get(name, ""))
    }


def entries(name: str, value: Any, text: str) -> Iterator[tuple[str, float | str]]:
    """The columns of one setting, of which the config has the value and the user typed the text."""
    if isinstance(value, DictConfig) and name in LISTS:
        yield name, listed(value)
    elif isinstance(value, DictConfig) and name in MAIN:
        yield name, option(value)
    elif isinstance(value, DictConfig) and text[:1] == "{":
        for key, inner in value.items():
            kind = str(inner).rpartition(".")[2] if key == "_target_" else inner
            yield from entries(f"{name}.{key}", kind, "")
    elif isinstance(value, DictConfig) or (value is None and is_choice(name)):
        if text:
            yield name, text.strip("'\"[]")
    elif isinstance(value, ListConfig):
        yield name, listed(value)
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif isinstance(value, (int, float)):
        yield name, float(value)
    elif value is not None:
        yield name, Path(value).name if name == "dataset.file" else str(value)


def is_choice(name: str) -> bool:
    """Whether it is a group's, as `experiment` and `optimizer@recipe.train.optimizer`, and no setting."""
    return "/" in name or "@" in name or "." not in name


def listed(values: Any) -> str:
    return ", ".join(map(str, values)) or "none"


def option(node: DictConfig) -> str:
    """The option that a node was made by: it has the name of its class's file, and may name a source."""
    return str(node.get("source") or node["_target_"].split(".")[-2])
