"""How a sparse code is drawn to ρ: the divergence's curve, and the units' own mean activations below."""

import torch
from matplotlib.figure import Figure as Canvas

from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.loss.kl_sparsity import KLSparsity, divergence

BINS = 50


class KLCurve(Figure):
    """KL(ρ ‖ ρ̂) over ρ̂ in (0, 1), and ρ̂_j = the mean of z_j over the final split     [Ng 2011]

    For codes in [0, 1].

    rho: null takes the kl_sparsity term's; a run without that term is drawn only beside a rho given here.
    """

    def __init__(self, rho: float | None) -> None:
        if rho is not None and not 0 < rho < 1:
            raise ValueError(f"rho must lie in (0, 1), got {rho}")
        self.rho = rho

    def draw(self, view: View) -> Canvas | None:
        own = [term.rho for term in view.terms.values() if isinstance(term, KLSparsity)]
        rho = self.rho if self.rho is not None else own[0] if own else None
        z = view.codes(view.dataset.final)[0].detach().flatten(1).float()  # [n, d]
        if rho is None or not len(z) or z.min() < 0 or z.max() > 1:
            return None
        means = z.mean(0)  # [d]
        grid = torch.linspace(0, 1, 2001)[1:-1]
        curve, heights = divergence(rho, grid), divergence(rho, means)
        canvas = look.sheet(7.6, 5.6, look.heading("Sparsity of the code", view.dataset, view.name))
        above, below = canvas.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        for axes in (above, below):
            look.plain(axes)
            axes.axvline(rho, color=look.INK, linewidth=1, linestyle=(0, (4, 3)))
        above.plot(grid.numpy(), curve.numpy(), color=look.BLUE, linewidth=1.7)
        units = "1 unit" if len(means) == 1 else f"{len(means)} units"
        total = rf"{units}: $\sum_j$ KL = {float(heights.sum()):.3g}"
        dots = {"linestyle": "none", "marker": "o", "markersize": 4.5, "markeredgewidth": 0, "alpha": 0.6}
        above.plot(means.numpy(), heights.numpy(), color=look.ORANGE, label=total, clip_on=False, **dots)
        near = {"xytext": (5, -4), "textcoords": "offset points", "va": "top", "fontsize": look.TEXT}
        above.annotate(rf"$\rho$ = {rho:g}", (rho, 1), xycoords=above.get_xaxis_transform(), **near)
        # towards 0 and 1 the curve has no end
        top = max(float(curve[grid.sub(0.9).abs().argmin()]), float(heights.max()))
        above.set(xlim=(0, 1), ylim=(0, 1.05 * top))
        above.set_ylabel(r"KL($\rho \| \hat\rho$) in nats", fontsize=look.TEXT)
        above.legend(frameon=False, fontsize=look.TEXT, loc="upper center")
        below.hist(means.numpy(), BINS, range=(0, 1), color=look.ORANGE)
        below.plot(
            means.numpy(),
            [0.0] * len(means),
            "|",
            color=look.INK,
            markersize=7,
            markeredgewidth=0.7,
            clip_on=False,
            zorder=3,
        )
        below.set_ylabel("units", fontsize=look.TEXT)
        below.set_xlabel(r"mean activation $\hat\rho_j$ of a unit of the code", fontsize=look.TEXT)
        below.yaxis.get_major_locator().set_params(integer=True)
        return canvas
