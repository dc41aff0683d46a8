"""What every layer makes of one input, from left to right."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor, nn

from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.layer import MAPS, draw_layer
from aelab.figure.tile import pixels
from aelab.model.autoencoder import Autoencoder
from aelab.trace import Trace

WIDE = 7  # so many layers stand in a line


@dataclass
class Panel:
    """One layer: its name and what it gave, [units], [maps, h, w] or [length, width]."""

    name: str
    value: Tensor
    colour: str = look.INK


class Activations(Figure):
    """x̃ -> h of every block of the encoder -> z -> h of every block of the decoder -> x̂

    row: of the final split.
    """

    def __init__(self, row: int) -> None:
        at_least(row=(row, 0))
        self.row = row

    def draw(self, view: View) -> Canvas | None:
        split = view.dataset.final
        row = min(self.row, len(view.dataset.splits[split]) - 1)
        trace = view.trace(split, row + 1)
        # the one row through the model again, with everything the data says of it, a condition also
        per_row = {k: v for k, v in trace.items() if isinstance(v, Tensor) and v.ndim and len(v) == row + 1}
        alone = Trace({k: v[row:] for k, v in per_row.items()})
        with torch.no_grad(), watched(view.model) as given:
            out = view.model(alone)
        if not given:
            return None
        z, x_hat = out["z"][0].flatten(), out.get("x_hat")
        encoder = [Panel("input", out["x_tilde"][0]), *panels(given, "encoder", look.BLUE)]
        if encoder[-1].value.shape == z.shape and torch.equal(encoder[-1].value, z):
            encoder[-1].name += " = code z"
        else:
            encoder.append(Panel("code z", z, look.BLUE))
        decoder = panels(given, "decoder", look.ORANGE)
        if x_hat is not None:
            decoder.append(Panel("reconstruction", x_hat[0]))
        title = look.heading(f"Activations for row {row}", view.dataset, view.name)
        return lay_out(in_lines(encoder, decoder), view.dataset, title)


def panels(given: dict[tuple[str, int], Tensor], net: str, colour: str) -> list[Panel]:
    return [Panel(f"{net} {i}", h, colour) for (where, i), h in given.items() if where == net]


@contextmanager
def watched(model: Autoencoder) -> Iterator[dict[tuple[str, int], Tensor]]:
    """While open, collects what every block gives for the first row, by net and number."""
    given: dict[tuple[str, int], Tensor] = {}
    hooks = []
    for name, net in (("encoder", model.encoder), ("decoder", model.decoder)):
        for i, block in enumerate(getattr(net, "blocks", ())):

            def keep(_: nn.Module, __: object, h: object, where: tuple[str, int] = (name, i)) -> None:
                if isinstance(h, Tensor):
                    given.setdefault(where, h[0].detach())

            # a net may call the parts of a block, and the block never
            last = block[-1] if isinstance(block, nn.Sequential) else block
            hooks.append(last.register_forward_hook(keep))
    try:
        yield given
    finally:
        for hook in hooks:
            hook.remove()


def in_lines(encoder: list[Panel], decoder: list[Panel]) -> list[list[Panel]]:
    """All in one line if it holds them, else the decoder below the encoder, each in lines of equal length."""
    if len(encoder) + len(decoder) <= WIDE:
        return [encoder + decoder]
    lines = []
    for half in (encoder, decoder):
        length = math.ceil(len(half) / max(1, math.ceil(len(half) / WIDE))) or 1
        lines += [half[i : i + length] for i in range(0, len(half), length)]
    return lines


def lay_out(lines: list[list[Panel]], dataset: Dataset, title: str) -> Canvas:
    """A small picture for every layer, in reading order."""
    columns = max(map(len, lines))
    canvas = look.sheet(max(1.75 * columns, 5), 2.3 * len(lines) + 0.25, title)
    grid = canvas.subplots(len(lines), columns, squeeze=False)
    for line, row in zip(lines, grid, strict=True):
        for axes in row[len(line) :]:
            axes.set_axis_off()
        for axes, panel in zip(row, line, strict=False):
            look.bare(axes)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_anchor("N")  # the titles of a line at one height
            shape = " × ".join(str(size) for size in panel.value.shape)
            if panel.value.ndim == 3 and len(panel.value) > MAPS:
                shape = f"{MAPS} of {shape}"
            axes.set_title(f"{panel.name}\n{shape}", fontsize=look.TEXT, color=panel.colour)
            if panel.name in ("input", "reconstruction") and dataset.is_image:
                axes.imshow(pixels(panel.value[None], dataset)[0], cmap="gray", vmin=0, vmax=1)
            else:
                top = draw_layer(axes, panel.value)
                axes.set_xlabel(f"±{top:.3g}", fontsize=look.SMALL, color=look.GREY)
    note = "red is positive, white 0, blue negative; below each layer its largest magnitude"
    canvas.supxlabel(note, fontsize=look.SMALL, color=look.GREY)
    return canvas
