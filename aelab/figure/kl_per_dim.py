"""How many nats each unit of a variational code carries."""

import torch
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from torch.distributions import Independent, Normal, kl_divergence

from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View


class KLPerDim(Figure):
    """KL_d = mean over rows of KL( q(z_d given x) ‖ p(z_d) ), unit by unit, the largest first

    For diagonal normal posteriors and priors: there KL = Σ_d KL_d. A bar near 0 is a unit that repeats the
    prior.

    rows: of the final split.
    """

    def __init__(self, rows: int) -> None:
        at_least(rows=(rows, 1))
        self.rows = rows

    def draw(self, view: View) -> Canvas | None:
        model = view.model
        if "q" not in model.latent.gives or not model.prior.dense:
            return None
        trace = view.trace(view.dataset.final, self.rows)
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            q, p = model.latent(trace["h"])["q"], model.prior.given(trace.get("c"))
        if not (isinstance(q, Independent) and isinstance(p, Independent)):
            return None
        if not (isinstance(q.base_dist, Normal) and isinstance(p.base_dist, Normal)):
            return None
        kl = kl_divergence(q.base_dist, p.base_dist).detach().double().mean(0)  # [d]
        kl = kl.sort(descending=True).values
        canvas = look.sheet(7.6, 3.4, look.heading("KL of every unit of the code", view.dataset, view.name))
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
