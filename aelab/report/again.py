"""The command line that repeats a row of a report."""

import shlex
from collections.abc import Sequence

from aelab.records import Record


def again(row: Sequence[Record]) -> str:
    """`aelab model.latent.dim=10 'loss=[mse]' seed=0`; a grid of all seeds where there are several."""
    given: dict[str, tuple[str, str]] = {}  # setting -> how it is overridden, and by what
    for override in row[0].overrides:
        key, _, value = override.partition("=")
        name = key.lstrip("+~")
        # a later value takes the place of an earlier one, which may have added the setting
        how = given[name][0] if name in given and not key.startswith("~") else key
        given[name] = how, value
    seeds = list(dict.fromkeys(str(run.seed) for run in row))
    if len(seeds) > 1:
        given["seed"] = "seed", ",".join(seeds)
    words = [f"{how}={value}" if value or not how.startswith("~") else how for how, value in given.values()]
    return shlex.join(["aelab", *["-m"] * (len(seeds) > 1), *words])
