"""Runs beside each other: what varies between them, which differ in the seed alone, and what is better."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import chain

from aelab.errors import UserError, suggest
from aelab.records import Record

# which way is better; a baseline's own numbers, such as pca_mse, have no best
HIGHER = {"psnr", "ssim", "elbo", "acc", "nmi", "ari", "silhouette", "mig", "active_units"}
HIGHER |= {"beta_vae_score", "factor_vae_score", "sap", "log_density", "mask_iou", "conditional_accuracy"}
HIGHER |= {"auroc", "average_precision"}
HIGHER |= {"dci_disentanglement", "dci_completeness", "dci_informativeness"}
LOWER = {"mse", "sse", "bce", "nll", "kl", "bpd", "loss", "error", "probe_error", "knn_error"}
LOWER |= {"finetuned_error", "scratch_error", "davies_bouldin", "frechet", "frechet_reconstruction"}


def union(names: Iterable[Iterable[str]]) -> list[str]:
    """Each name once, in the order in which they came."""
    return list(dict.fromkeys(chain.from_iterable(names)))


def values(runs: Sequence[Record]) -> dict[str, list[str]]:
    """Of every setting that some run was asked for, each of its values once; empty where a run was not."""
    names = union(run.settings for run in runs)
    return {name: list(dict.fromkeys(run.settings.get(name, "") for run in runs)) for name in names}


def grouped(runs: Iterable[Record], settings: Sequence[str]) -> dict[tuple[str, ...], list[Record]]:
    """The runs by what these settings are in them, in the order in which they come."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for run in runs:
        groups.setdefault(tuple(run.settings.get(name, "") for name in settings), []).append(run)
    return groups


def numbers(group: Iterable[Record], name: str) -> list[float]:
    return [run.numbers[name] for run in group if name in run.numbers]


def final(names: Iterable[str]) -> list[str]:
    """The metrics of the split that runs are scored on in the end."""
    return [name for name in names if name.startswith(("test/", "all/"))]


def chosen(words: Iterable[str], known: Sequence[str], lacking: str) -> list[str]:
    """What the user's words name: whole, without `test/` or `all/`, or as a pattern.

    lacking: how a line begins that tells of a word which names nothing.
    """
    found = {
        word: [n for n in known if n in (f"test/{word}", f"all/{word}") or fnmatchcase(n, word)]
        for word in words
    }
    near = [*known, *(name.partition("/")[2] for name in known)]
    hint = {word: suggest(word, near) or f"; there are {', '.join(known)}" for word in found}
    if unknown := [word for word in found if not found[word]]:
        raise UserError(*(f"{lacking} '{word}'{hint[word]}" for word in unknown))
    return union(found.values())


def better(name: str) -> int:
    """1 if higher is better, -1 if lower is, 0 for what has no direction, such as seconds."""
    metric = name.partition("/")[2]
    return (metric in HIGHER) - (metric in LOWER)
