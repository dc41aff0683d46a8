"""Samples and labels from a file of arrays: .npz, .npy, .mat, or a text table."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from aelab.dataset.refused import Refused
from aelab.dataset.table import LABELS, Table
from aelab.errors import suggest

SAMPLES = ("x", "data", "images", "features", "samples")
"""Names that samples go by, in any case."""
TABLES = (".csv", ".tsv", ".txt")
SUFFIXES = (".npz", ".npy", ".mat", *TABLES)


@dataclass
class Found:
    x: np.ndarray  # [n, ...] numbers
    y: np.ndarray | None = None  # [n] numbers or text
    test: int | None = None  # rows from here on are the file's own test split


def read_arrays(path: Path, key: str, labels: str | int | None, samples_last: bool) -> Found:
    """What the file holds; `auto` looks for the usual names. Raises Refused where that is not clear."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Refused("file", f"{path} is none of {', '.join(SUFFIXES)}")
    try:
        if suffix in TABLES:
            x, text = Table.at(path).read(labels)
            x = np.moveaxis(numeric(x, path, "x"), -1 if samples_last else 0, 0)
            return Found(x, None if text is None else np.array(text))
        named = arrays(path)
    except (Refused, MemoryError):
        raise
    except NotImplementedError as error:
        raise Refused("file", f"{path} is of MATLAB 7.3; save it there with '-v7'") from error
    except Exception as error:  # whatever foreign or truncated bytes come to
        what = "a text table" if suffix in TABLES else f"a {suffix} file"
        raise Refused("file", f"{path} is truncated, or not {what}") from error
    test = join(named)
    x_name = choose_samples(named, key, path)
    y_name = choose_labels({name: named[name] for name in named if name != x_name}, labels, path)
    x = numeric(named[x_name], path, x_name)
    x = np.moveaxis(x, -1, 0) if samples_last else x
    y = None if y_name is None else named[y_name].squeeze()
    if y is not None and y.dtype == object:
        raise Refused("labels", f"{path}: '{y_name}' holds Python objects; save it as numbers or plain text")
    if y is not None and y.shape != (len(x),):
        raise Refused(
            "labels", f"{path}: '{y_name}' has shape {list(y.shape)}, '{x_name}' holds {len(x)} samples"
        )
    return Found(x, y, test if x_name == "x" else None)


def arrays(path: Path) -> dict[str, np.ndarray]:
    """By name, eagerly, so that a truncated file shows here; a single array has the name x."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return {"x": member(lambda: np.load(path, allow_pickle=False))}
    if suffix == ".npz":
        if not zipfile.is_zipfile(path):  # NumPy would take it for a pickle
            raise ValueError
        with np.load(path, allow_pickle=False) as archive:
            return {name: member(partial(archive.__getitem__, name)) for name in archive}
    from scipy.io import loadmat

    return {name: plain(array) for name, array in loadmat(path).items() if not name.startswith("__")}


def plain(array: Any) -> np.ndarray:
    """Of a MATLAB value: a sparse matrix filled, a cell array of texts as texts."""
    if hasattr(array, "toarray"):
        return array.toarray()
    if array.dtype == object and all(
        getattr(cell, "dtype", np.dtype(bool)).kind == "U" for cell in array.flat
    ):
        return np.array(["".join(cell.flat) for cell in array.flat])
    return array


def member(load: Callable[[], np.ndarray]) -> np.ndarray:
    try:
        return load()
    except ValueError as error:
        if "Object arrays" in str(error):  # pickled, which could run any code; refused only if it is chosen
            return np.empty(0, object)
        raise


def join(named: dict[str, np.ndarray]) -> int | None:
    """Make x (and y) of x_train and x_test, as Keras keeps its data sets; where the test rows start."""
    if "x" in named or not {"x_train", "x_test"} <= named.keys():
        return None
    for one in ("x", "y"):
        train, test = named.pop(f"{one}_train", None), named.pop(f"{one}_test", None)
        if train is not None and test is not None:
            named[one] = np.concatenate([train, test])
            start = len(train)
    return start


def choose_samples(named: dict[str, np.ndarray], key: str, path: Path) -> str:
    if key != "auto":
        return existing(named, key, path, "key")
    usual = [name for name in named if name.lower() in SAMPLES]
    found = usual or [name for name, array in named.items() if name.lower() not in LABELS and array.ndim > 1]
    if len(found) != 1:
        listed = ", ".join(f"{name} {list(array.shape)}" for name, array in named.items()) or "no array"
        advice = f"choose one, for example dataset.key={(found or ['x'])[0]}"
        raise Refused("key", f"{path} holds {listed}; which are the samples is not clear", advice)
    return found[0]


def choose_labels(named: dict[str, np.ndarray], labels: str | int | None, path: Path) -> str | None:
    if labels is None:
        return None
    if labels != "auto":
        return existing(named, str(labels), path, "labels")
    found = [name for name in named if name.lower() in LABELS]
    if len(found) > 1:
        advice = f"choose one, for example dataset.labels={found[0]}, or null for none"
        raise Refused(
            "labels", f"{path} holds {' and '.join(found)}; which are the labels is not clear", advice
        )
    return found[0] if found else None


def existing(named: dict[str, np.ndarray], name: str, path: Path, setting: str) -> str:
    if name not in named:
        hint = suggest(name, named) or f"; it has {', '.join(named) or 'no arrays'}"
        raise Refused(setting, f"{path} has no '{name}'{hint}")
    return name


def numeric(x: np.ndarray, path: Path, name: str) -> np.ndarray:
    kinds = {"O": "Python objects", "U": "text", "S": "text", "V": "records", "c": "complex numbers"}
    if x.dtype.kind not in "biuf":
        raise Refused("key", f"{path}: '{name}' holds {kinds.get(x.dtype.kind, x.dtype)}, not numbers")
    if not x.size or not 2 <= x.ndim <= 4:
        forms = "[n, features], [n, h, w], [n, h, w, c] or [n, c, h, w]"
        raise Refused("key", f"{path}: '{name}' has shape {list(x.shape)}; needed is {forms}")
    return x
