"""What a View says about anomalies: each row's score, and which rows are normal."""

from dataclasses import dataclass

import torch
from torch import Tensor

from aelab.figure.figure import Figure, View
from aelab.metric.anomaly import ranking, score


@dataclass
class ScoredRows:
    """The rows of a split.

    s: [n] ‖x − x̂‖², as in use.
    kinds: name -> the places in the split of `anomalies` and of `normal rows`; where nothing tells them
        apart, of all rows under an empty name.
    """

    s: Tensor
    kinds: dict[str, Tensor]

    @property
    def auroc(self) -> str:
        """`, AUROC 0.912`, or nothing where no row is an anomaly or none is normal."""
        told = ranking(*(self.s[rows] for rows in self.kinds.values())) if len(self.kinds) == 2 else {}
        return f", AUROC {told['auroc']:.3f}" if told else ""


def scored_rows(view: View, figure: Figure) -> ScoredRows | None:
    """The rows that the run is scored on; None, and the figure told why, where nothing is rebuilt."""
    if view.model.decoder is None:
        return figure.nothing("draws what a decoder makes, and this model has none")
    found, known = [], []
    for trace in view.traces(view.dataset.final, None, in_use=True):
        found.append(score(trace.x, trace.x_hat.detach()).cpu())
        known += [trace["anomaly"].cpu()] if "anomaly" in trace else []
    s = torch.cat(found)
    if not known:
        return ScoredRows(s, {"": torch.arange(len(s))})
    anomaly = torch.cat(known)
    kinds = {
        "anomalies": (anomaly == 1).nonzero().flatten(),
        "normal rows": (anomaly == 0).nonzero().flatten(),
    }
    return ScoredRows(s, {name: rows for name, rows in kinds.items() if len(rows)})
