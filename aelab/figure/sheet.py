"""One figure of several runs, side by side, each under what it is."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from aelab.figure import canvas as look
from aelab.figure.tile import columns_for

DPI = 150
LARGEST = 8000  # pixels of the sheet's longer edge, where many runs are on it
TITLE, GAP = 0.55, 0.25  # inches above the runs, and around each


def rendered(canvas: Canvas, title: str, dpi: float) -> np.ndarray:
    """A run's canvas as pixels [h, w, 4], its heading replaced."""
    canvas.suptitle(shortened(title, canvas.get_figwidth()), fontsize=13, fontweight="bold", color=look.INK)
    canvas.set_dpi(dpi)
    agg = FigureCanvasAgg(canvas)
    agg.draw()
    return np.asarray(agg.buffer_rgba()).copy()


def shortened(title: str, width: float) -> str:
    """What fits above so many inches."""
    letters = round(7.5 * width)
    return title if len(title) <= letters else title[: letters - 1] + "…"


def sheet(canvases: dict[str, Canvas], heading: str) -> Canvas:
    """All as one canvas, by title and in reading order, pixel by pixel."""
    k = len(canvases)
    width = max(canvas.get_figwidth() for canvas in canvases.values()) + GAP
    height = max(canvas.get_figheight() for canvas in canvases.values()) + GAP
    columns = columns_for(k, round(100 * height), round(100 * width))
    lines = -(-k // columns)
    dpi = min(DPI, LARGEST / max(columns * width, lines * height))
    whole = Canvas(figsize=(columns * width + GAP, lines * height + GAP + TITLE), dpi=dpi)
    top = whole.get_figheight()
    for i, (title, canvas) in enumerate(canvases.items()):
        picture = rendered(canvas, title, dpi)
        left, below = GAP + i % columns * width, top - TITLE - i // columns * height
        whole.figimage(picture, round(left * dpi), round(below * dpi) - len(picture), origin="upper")
    heading = shortened(heading, whole.get_figwidth() * 13 / 16)  # its letters are larger
    whole.text(0.5, 1 - 0.35 / top, heading, fontsize=16, fontweight="bold", color=look.INK, ha="center")
    return whole
