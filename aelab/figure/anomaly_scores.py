"""How anomaly scores lie: of anomalies, of normal rows, and the threshold between them."""

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import LogLocator, NullFormatter

from aelab.baseline.title import title
from aelab.figure import canvas as look
from aelab.figure.figure import Figure, View
from aelab.figure.scored_rows import scored_rows

COLOURS = {"normal rows": look.BLUE, "anomalies": look.ORANGE, "": look.BLUE}


class AnomalyScores(Figure):
    """Histograms of s = ‖x − x̂‖², a bar being the share of its own kind's rows

    The line is the score that 95 % of the normal rows do not exceed; of all rows, where nothing tells which
    are normal. The axis is logarithmic, as a few rows may be rebuilt very badly.
    """

    def draw(self, view: View) -> Canvas | None:
        if (scored := scored_rows(view, self)) is None:
            return None
        s = scored.s.clamp_min(1e-12).numpy()
        edges = np.geomspace(s.min() / 1.01, s.max() * 1.01, 61)
        what = f"Anomaly scores{scored.auroc}{beside(view)}"
        canvas = look.sheet(8.6, 3.8, look.heading(what, view.dataset, view.name))
        axes = canvas.subplots()
        look.plain(axes)
        for kind, rows in reversed(scored.kinds.items()):
            label = f"{len(rows)} {kind or 'rows'}"
            share = np.full(len(rows), 1 / len(rows))
            axes.hist(s[rows], edges, weights=share, color=COLOURS[kind], alpha=0.6, label=label)
        of = next(reversed(scored.kinds))  # the normal ones, or all
        threshold = float(np.quantile(s[scored.kinds[of]], 0.95))
        known = f"95 % of the {of or 'rows'} below {threshold:.3g}"
        axes.axvline(threshold, color=look.INK, linewidth=1.2, linestyle="--", label=known)
        axes.set_xscale("log")
        is_narrow = edges[-1] < 1e3 * edges[0]
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_narrow else (1,)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(r"score $\|x - \hat{x}\|^2$, in model units", fontsize=look.TEXT)
        axes.set_ylabel("share of the rows", fontsize=look.TEXT)
        canvas.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=look.SMALL)
        return canvas


def beside(view: View) -> str:
    """` (PCA 0.851)`, of the baselines that have an AUROC."""
    auroc = {name: view.metrics.get(f"{view.dataset.final}/{name}_auroc") for name in view.baselines}
    told = [f"{title(name)} {value:.3f}" for name, value in auroc.items() if value is not None]
    return f" ({', '.join(told)})" if told else ""
