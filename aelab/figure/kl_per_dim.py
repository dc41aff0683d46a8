"""How many nats each unit of a variational code carries."""

import torch
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View


class KLPerDim(Figure):
    """KL_d = mean over rows of KL( q(z_d given x) ‖ p(z_d) ), unit by unit, the largest first

    For diagonal normal posteriors and priors: there KL = Σ_d KL_d, of all rows the metric `kl`. A bar near 0
    is a unit that repeats the prior.

    rows: the first so many of the final split; None is all.
    """

    def __init__(self, rows: int | None) -> None:
        if rows is not None:
            at_least(rows=(rows, 1))
        self.rows = rows

    def draw(self, view: View) -> Canvas | None:
        dataset, model = view.dataset, view.model
        if "q" not in model.latent.gives or not model.prior.dense:
            return None
        total, n = torch.zeros(model.latent.dim, dtype=torch.float64), 0
        for trace in view.traces(dataset.final, self.rows):
            with torch.no_grad():
                q, p = trace["q"], trace["prior"].given(trace.get("c"))
            if not (is_diagonal(q) and is_diagonal(p)):
                return None
            total += kl_divergence(q.base_dist, p.base_dist).detach().double().sum(0).cpu()  # [d]
            n += len(trace["x"])
        kl = (total / n).sort(descending=True).values
        heading = look.heading("KL of every unit of the code", dataset, view.name, self.rows)
        canvas = look.sheet(7.6, 3.4, heading)
        axes = canvas.subplots()
        look.plain(axes)
        axes.grid(visible=False, axis="x")
        units = torch.arange(1, len(kl) + 1).numpy()
        axes.bar(units, kl.numpy(), color=look.BLUE, width=0.8 if len(kl) <= 100 else 1.0)
        axes.set_xlim(0.4, len(kl) + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("unit of the code, by its KL", fontsize=look.TEXT)
        axes.set_ylabel("KL in nats", fontsize=look.TEXT)
        note = rf"$\sum_d$ KL$_d$ = {kl.sum():.4g} nats"
        axes.annotate(note, (0.99, 0.97), xycoords="axes fraction", ha="right", va="top", fontsize=look.TEXT)
        return canvas


def is_diagonal(p: Distribution) -> bool:
    """Whether it is a normal distribution of every unit on its own."""
    return isinstance(p, Independent) and isinstance(p.base_dist, Normal)
