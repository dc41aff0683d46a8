"""The pictures of runs, small enough for a page that holds many of them."""

from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, count, zip_longest
from pathlib import Path

from aelab.records import Record

MOST = 300  # pictures of a page, some 20 kB each
MANY = 100  # runs; of more, half as many pictures, for it takes long to read the runs themselves
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
    """Figure -> pictures, in the order of the runs; and what was left out."""
    chosen, note = fitting(rows)
    with ThreadPoolExecutor() as pool:  # Pillow lets go of the interpreter while it works
        made = list(pool.map(lambda one: small(*one), chosen))
    found: dict[str, list[Picture]] = {}
    for (_, file), picture in zip(chosen, made, strict=True):
        if picture is not None:
            found.setdefault(file.stem, []).append(picture)
    order = [*(name for name in FIRST if name in found), *sorted({*found} - {*FIRST})]
    return {name: found[name] for name in order}, note


def fitting(rows: Sequence[Sequence[Record]]) -> tuple[list[tuple[int, Path]], str]:
    """The files, each with its run's place; where there are too many, those of one run of each row first."""
    place = count()
    numbered = [[(next(place), run.folder) for run in row] for row in rows]
    turns = [one for turn in zip_longest(*numbered) for one in turn if one]
    files = {i: sorted((folder / "figures").glob("*.png")) for i, folder in turns}
    runs = [i for i, own in files.items() if own]
    most = MOST if len(turns) <= MANY else MOST // 2
    ends = [*accumulate(len(files[i]) for i in runs)]
    kept = runs[: max(1, sum(end <= most for end in ends))]
    note = f"Pictures of {len(kept)} of {len(runs)} runs: a report on fewer runs shows those of the others."
    return [(i, file) for i in sorted(kept) for file in files[i]], note * (len(kept) < len(runs))


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
