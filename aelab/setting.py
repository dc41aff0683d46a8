"""The settings of a composed config: dotted names, values or why there is none, and how both are said."""

import re
from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationToMissingValueError, MissingMandatoryValue, OmegaConfBaseException

from aelab.errors import UserError, suggest

Node = DictConfig | ListConfig


def keys(node: Node) -> Iterator[Any]:
    """What `node[key]` takes, in order."""
    return iter(range(len(node)) if isinstance(node, ListConfig) else list(node))


def name_of(node: Node, key: Any = None) -> str:
    """`model.latent.dim`: the dotted name of a node, or of one of its keys."""
    if key is not None:
        return node._get_full_key(key)
    parent = node._get_parent()  # OmegaConf's own name for a node in a list lacks the brackets
    return parent._get_full_key(node._key()) if isinstance(parent, Node) else ""


def names(node: Node) -> Iterator[str]:
    """The dotted name of every setting and of every mapping of settings."""
    for key in keys(node):
        yield name_of(node, key)
        if not OmegaConf.is_missing(node, key) and not OmegaConf.is_interpolation(node, key):
            value = node[key]
            if isinstance(value, DictConfig):
                yield from names(value)


def setting(node: Node, key: Any) -> Any:
    """The value with its interpolations resolved, a node as it is. Raises UserError where it has none."""
    try:
        return node[key]
    except MissingMandatoryValue as error:
        raise UserError(f"{name_of(node, key)}: must be given") from error
    except InterpolationToMissingValueError as error:  # one line for it, however often it is read
        raise UserError(f"{str(error).splitlines()[0].rpartition(': ')[2]}: must be given") from error
    except OmegaConfBaseException as error:
        raw = written(node, key)
        raise UserError(f"{name_of(node, key)}: {raw} {why(error, raw, node)}") from error


def written(node: Node, key: Any) -> str:
    """`${..latent.dim}`: an interpolation as it stands in the file."""
    raw: Any = OmegaConf.to_container(node, resolve=False)
    return str(raw[key])


def why(error: OmegaConfBaseException, raw: str, node: Node) -> str:
    """The rest of `seed: ${sed} ...`"""
    text = str(error).splitlines()[0]
    if missing := re.search(r"Interpolation key '(.+)' not found", text):
        if missing[1] not in raw:
            return f"leads to '{missing[1]}', which names no setting"
        root: Any = node._get_root()
        return "names no setting" + suggest(missing[1], names(root))
    if "is not a container" in text:
        return "names no setting"
    cause = re.sub(r".* raised while resolving interpolation: ", "", text).strip("\"'")
    return f"cannot be resolved: {cause}"


def said(value: Any) -> str:
    """A value as the user would write it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict) and "_target_" in value:
        return str(value["_target_"]).rpartition(".")[2]
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{k}: {said(v)}" for k, v in value.items()) + "}"
    else:
        text = f"[{', '.join(map(said, value))}]" if isinstance(value, list) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
