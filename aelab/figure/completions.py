"""What an image may be of which a part is seen."""

import numpy as np
import torch
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.errors import at_least
from aelab.figure import canvas as look
from aelab.figure.block import Block, blocks
from aelab.figure.figure import Figure, View
from aelab.figure.pick import pick
from aelab.figure.tile import pixels
from aelab.sampler.prior import regarded
from aelab.seed import derive


class Completions(Figure):
    """x̂ of z ~ p(z given c), c = x̃, where x is hidden; x itself elsewhere     [Sohn et al. 2015, fig. 2]

    rows: test rows, spread over the classes where there are labels.
    n: completions of each.
    """

    def __init__(self, rows: int, n: int) -> None:
        at_least(rows=(rows, 1), n=(n, 1))
        self.rows, self.n = rows, n

    @torch.no_grad()
    def draw(self, view: View) -> Canvas | None:
        model, dataset, split = view.model, view.dataset, view.dataset.final
        seen = model.condition is not None and "x_tilde" in model.condition.reads
        trained = seen and dataset.is_image and model.generates and regarded(view.terms.values())
        if not trained:
            return None
        shown = pick(dataset, split, self.rows)
        trace = view.trace(split, max(shown) + 1)
        x, x_tilde, c = (trace[name][shown] for name in ("x", "x_tilde", "c"))
        mask = trace["mask"][shown] if "mask" in trace else torch.ones_like(x[:, :1])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive("completions"))
            drawn = [model.decode(model.prior.sample(len(x), c), c)["x_hat"] for _ in range(self.n)]
        pasted = torch.stack([x_hat * mask + x * (1 - mask) for x_hat in drawn], 1)  # [rows, n, ...]
        return blocks(
            [
                Block("observed", hidden(x_tilde, mask, dataset), 1),
                Block("true", pixels(x, dataset), 1),
                Block("drawn", pixels(pasted.flatten(0, 1), dataset), self.n),
            ],
            look.heading("Completions", dataset, view.name),
        )


def hidden(x_tilde: Tensor, mask: Tensor, dataset: Dataset) -> np.ndarray:
    """What is seen, and a grey of its own where nothing is."""
    shades = pixels(x_tilde, dataset)
    if x_tilde.shape[-2:] == mask.shape[-2:] and not bool(mask.all()):
        shades[mask[:, 0].bool().numpy()] = 0.5
    return shades
