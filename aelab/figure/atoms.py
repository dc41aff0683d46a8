"""An image as the sum of its atoms: the decoder's weights, each as strong as its unit is active."""

from dataclasses import dataclass
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from torch import Tensor, nn

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.pick import pick
from aelab.figure.tile import pixels
from aelab.model.autoencoder import Autoencoder
from aelab.model.net import Net, Tied

SIDE = 1.05  # inches of a picture


@dataclass
class Sum:
    """Σ_j z_j w_j of one image, taken apart."""

    z: list[tuple[int, float]]  # the parts' units, and how active they are
    parts: Tensor  # [k, c, h, w]
    rest: Tensor | None  # [c, h, w]; None where the parts are all
    others: int  # units in it


class Atoms(Figure):
    """x̂ = c + Σ_j z_j w_j, the n largest |z_j|·‖w_j‖ one by one; under an output activation, its argument

    For images and a decoder of one full layer, tied or not.

    rows: images, spread over the classes where there are labels.
    n: parts of each that are shown; the others are added up.
    """

    def __init__(self, rows: int, n: int) -> None:
        at_least(rows=(rows, 1), n=(n, 1))
        self.rows, self.n = rows, n

    def draw(self, view: View) -> Canvas | None:
        dataset, model = view.dataset, view.model
        if not dataset.is_image or dataset.shape[0] not in (1, 3) or not is_sum(model):
            return None
        shown = pick(dataset, dataset.final, self.rows)
        trace = view.trace(dataset.final, max(shown) + 1)
        x, x_hat, s, z = (trace[name][shown].detach().float() for name in ("x", "x_hat", "x_logits", "z"))
        bias, atoms = affine(model, z.shape[1])
        sums = [taken_apart(code, out - bias, atoms, self.n) for code, out in zip(z, s, strict=True)]
        bent = getattr(model.output, "__name__", "f") if model.output else None
        # whole sums are so much stronger than their parts that these would not be seen beside them
        few = largest([bias, *(one.parts for one in sums)])
        many = largest([*(one.rest for one in sums if one.rest is not None), *(s if bent else ())])
        columns = 3 + bool(bent) + max(len(one.parts) + (one.rest is not None) for one in sums)
        size = (SIDE * columns + 0.3, (0.8 * SIDE * x.shape[2] / x.shape[3] + 0.3) * len(shown) + 0.4)
        canvas = look.sheet(*size, look.heading("Sums of atoms", dataset, view.name))
        grid = canvas.subplots(len(shown), columns, squeeze=False, gridspec_kw={"wspace": 0.12})
        for i, one in enumerate(sums):
            cells = iter(grid[i])
            grey(next(cells), pixels(x[i : i + 1], dataset)[0], "$x$")
            grey(next(cells), pixels(x_hat[i : i + 1], dataset)[0], r"$\hat{x}$")
            if bent:
                signs(next(cells), s[i], many, "$s$")
            signs(next(cells), bias, few, "$c$", "=")
            for (j, active), part in zip(one.z, one.parts, strict=True):
                signs(next(cells), part, few, rf"$z_{{{j + 1}}}$ = {active:.2g}", "+")
            if one.rest is not None:
                signs(next(cells), one.rest, many, f"{one.others} others", "+")
            for axes in cells:
                axes.set_axis_off()
        equation = r"$\hat{x} = c + \Sigma_j z_j w_j$"
        if bent:
            equation = rf"$\hat{{x}}$ = {bent}($s$), and before the {bent} $s = c + \Sigma_j z_j w_j$"
        zero = "mid-grey is 0" if len(bias) == 3 else "red is positive, blue negative"
        scales = f"full colour is ±{few:.2g}" + (
            f", in {'$s$ and ' if bent else ''}the others ±{many:.2g}" if many else ""
        )
        note = f"{equation}; the largest parts first; {zero}, {scales}"
        canvas.supxlabel(note, fontsize=look.SMALL, color=look.GREY)
        return canvas


def is_sum(model: Autoencoder) -> bool:
    """Whether the decoder is one full layer, with nothing behind it but the output's activation."""
    decoder = model.decoder
    if not isinstance(decoder, Net) or len(decoder.blocks) != 1 or model.reads or model.residual:
        return False
    names = {name for name, _ in decoder.blocks[0].named_children()}
    return isinstance(decoder.layers[0], (nn.Linear, Tied)) and names <= {"layer", "shape"}


@torch.no_grad()
def affine(model: Autoencoder, d: int) -> tuple[Tensor, Tensor]:
    """(c [c, h, w], w [d, c, h, w]): what the decoder gives for the code 0, and what each unit adds."""
    out = model.decode(torch.cat([torch.zeros(1, d), torch.eye(d)]))["x_logits"].float()
    return out[0], out[1:] - out[0]


def taken_apart(z: Tensor, whole: Tensor, atoms: Tensor, n: int) -> Sum:
    """The n largest parts of a sum Σ_j z_j w_j; z [d], whole [c, h, w], atoms [d, c, h, w]."""
    size = z.abs() * atoms.flatten(1).norm(dim=1)
    active = int((size > 0).sum())
    units = size.argsort(descending=True, stable=True)[: min(n, active)]
    parts = z[units, None, None, None] * atoms[units]
    named = list(zip(units.tolist(), z[units].tolist(), strict=True))
    return Sum(named, parts, whole - parts.sum(0) if active > n else None, active - len(units))


def grey(axes: Axes, picture: Any, title: str) -> None:
    """As the data itself is drawn."""
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    frame(axes, title)


def signs(axes: Axes, part: Tensor, top: float, title: str, before: str = "") -> None:
    """Signed numbers [c, h, w], and what stands between this picture and the one on its left."""
    if len(part) == 3:
        axes.imshow((part / (2 * (top or 1)) + 0.5).permute(1, 2, 0).numpy(), interpolation="nearest")
    else:
        axes.imshow(part[0].numpy(), cmap=look.SIGNED, vmin=-top, vmax=top, interpolation="nearest")
    frame(axes, title)
    place = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    axes.text(-0.1, 0.5, before, fontsize=13, color=look.INK, **place)


def frame(axes: Axes, title: str) -> None:
    """A thin line around, as the pictures are white where nothing is."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color=look.GREY, linewidth=0.5)
    axes.set_title(title, fontsize=look.SMALL, color=look.INK, pad=3)


def largest(parts: list[Tensor]) -> float:
    """The largest magnitude in all of them; 0 where there are none."""
    return max((float(part.abs().max()) for part in parts if part.numel()), default=0.0)
