"""The pictures of runs, small enough for a page that holds many of them."""

from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import zip_longest
from pathlib import Path

from aelab.records import Record

MOST = 150  # pictures of a page, some 20 kB each
WIDEST = 760  # pixels
COLOURS = 256
FIRST = ("reconstructions", "samples", "manifold", "latent_map", "cluster_samples")  # then the others by name


@dataclass(frozen=True)
class Picture:
    """A run's, by its place among all runs, as a data URI."""

    run: int
    uri: str
    width: int
    height: int


def pictures(rows: Sequence[Sequence[Record]]) -> tuple[dict[str, list[Picture]], str]:
    """Figure -> pictures, in the order of the runs; and what was left out.

    Where there are too many, one run of each row comes first, as far as they go.
    """
    runs = [run for row in rows for run in row]
    places = {id(run): i for i, run in enumerate(runs)}
    turns = [run for turn in zip_longest(*rows) for run in turn if run is not None]
    files = {id(run): sorted((run.folder / "figures").glob("*.png")) for run in turns}
    with_any = [run for run in turns if files[id(run)]]
    chosen: list[tuple[int, Path]] = []
    kept = 0
    for run in with_any:
        own = files[id(run)]
        if chosen and len(chosen) + len(own) > MOST:
            break
        chosen += [(places[id(run)], file) for file in own]
        kept += 1
    chosen.sort(key=lambda one: one[0])
    with ThreadPoolExecutor() as pool:  # Pillow lets go of the interpreter while it works
        made = list(pool.map(lambda one: small(*one), chosen))
    found: dict[str, list[Picture]] = {}
    for (_, file), picture in zip(chosen, made, strict=True):
        if picture is not None:
            found.setdefault(file.stem, []).append(picture)
    order = [*(name for name in FIRST if name in found), *sorted({*found} - {*FIRST})]
    note = f"Pictures of {kept} of {len(with_any)} runs: a report on fewer runs shows those of the others."
    return {name: found[name] for name in order}, note * (kept < len(with_any))


def small(run: int, file: Path) -> Picture | None:
    """No wider than a page needs it; None of a file that is not whole, as of a run that goes on."""
    from PIL import Image

    try:
        with Image.open(file) as opened:
            image = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return None
    if image.width > WIDEST:
        size = (WIDEST, round(image.height * WIDEST / image.width))
        image = image.resize(size, Image.Resampling.HAMMING)
    image = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    data = BytesIO()
    image.save(data, format="PNG")
    return Picture(run, f"data:image/png;base64,{b64encode(data.getvalue()).decode()}", *image.size)
