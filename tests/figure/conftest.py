"""Tiny data sets, tiny nets and the View of them that every figure's test draws."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from aelab.cluster.kmeans import kmeans
from aelab.dataset.dataset import Dataset, Rows
from aelab.dataset.scale import Scale, fixed
from aelab.figure.figure import Figure, View
from aelab.model.autoencoder import Autoencoder, Latent, Prior
from aelab.model.latent.clusters import Clusters
from aelab.model.net import Block, Net
from aelab.trace import Trace


class Memory(Dataset):
    """Rows that a test made up."""

    def __init__(self, rows: Rows, scale: Callable[[Tensor], Scale] | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.made_up, self.scaled_by = rows, scale

    def read(self) -> Rows:
        return self.made_up

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        return self.scaled_by(x[train]) if self.scaled_by else fixed(0, 255)


class Plain(Latent):
    """z = h"""

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return {"z": h}


def linear_net(shape: tuple[int, ...], dim: int, hidden: int = 6) -> Autoencoder:
    """flatten -> hidden -> z -> hidden -> x̂"""
    width = math.prod(shape)
    first = Block(flatten=nn.Flatten(), layer=nn.Linear(width, hidden), activation=nn.ReLU())
    last = Block(layer=nn.Linear(hidden, width), shape=nn.Unflatten(1, shape))
    encoder = Net(first, Block(layer=nn.Linear(hidden, dim)))
    decoder = Net(Block(layer=nn.Linear(dim, hidden), activation=nn.ReLU()), last)
    return Autoencoder(encoder, Plain(dim), Prior(), decoder)


def view_of(
    dataset: Dataset,
    model: Autoencoder,
    corrupt: Callable[[Tensor], Tensor] = lambda x: x,
    history: list[dict[str, Any]] | None = None,
) -> View:
    """What the core offers a figure, without the core."""
    model.eval()

    @torch.no_grad()
    def passed(index: Tensor, in_use: bool = False) -> Trace:
        x, y = dataset.batch(index)
        begun = Trace(dataset.beside(index), x=x, x_tilde=x if in_use else corrupt(x), index=index)
        return model(begun if y is None else Trace(begun, y=y))

    def trace(split: str, n: int) -> Trace:
        return passed(dataset.splits[split][:n])

    def traces(split: str, n: int | None, in_use: bool = False) -> Iterator[Trace]:
        """The last batch is smaller than the others."""
        yield from (passed(rows, in_use) for rows in dataset.splits[split][:n].split(4))

    @torch.no_grad()
    def codes(split: str) -> tuple[Tensor, Tensor | None]:
        x, y = dataset.batch(dataset.splits[split])
        return model.encode(x)["z"], y

    return View(model, dataset, "tiny", trace, traces, codes, history or [])


@pytest.fixture
def memory() -> Callable[..., Dataset]:
    """(shape, n, classes, scale) -> a data set of random bytes, or floats for vectors."""

    def make(
        shape: tuple[int, ...] = (1, 6, 4),
        n: int = 60,
        classes: int = 3,
        scale: Callable[[Tensor], Scale] | None = None,
        **common: Any,
    ) -> Dataset:
        generator = torch.Generator().manual_seed(0)
        if len(shape) == 3:
            x = torch.randint(0, 256, (n, *shape), generator=generator, dtype=torch.uint8)
        else:
            x = torch.randn(n, *shape, generator=generator) * 3 + 10
            scale = scale or (lambda train: fixed(10, 3))
        names = [f"class {i}" for i in range(classes)]
        rows = Rows(x, torch.arange(n) % classes if classes else None, names if classes else None)
        return Memory(rows, scale, **common).setup()

    return make


@pytest.fixture
def view() -> Callable[..., View]:
    """(dataset, model, corrupt, history) -> its View; a linear net with two codes by default."""

    def make(dataset: Dataset, model: Autoencoder | None = None, dim: int = 2, **settings: Any) -> View:
        torch.manual_seed(0)
        return view_of(dataset, model or linear_net(dataset.shape, dim), **settings)

    return make


@pytest.fixture
def clusters(view) -> Callable[..., View]:
    """(dataset, K, dim, decodes) -> the View of a linear net whose codes k-means has put into K clusters."""

    def make(dataset: Dataset, k: int = 3, dim: int = 2, decodes: bool = True) -> View:
        torch.manual_seed(0)
        model = linear_net(dataset.shape, dim)
        model.latent = latent = Clusters(dim, k)
        if not decodes:
            model.decoder = None
        v = view(dataset, model)
        with torch.no_grad():
            latent.centroids.copy_(kmeans(v.codes(dataset.final)[0], k).centroids)
        return v

    return make


@pytest.fixture
def reason() -> Callable[[Figure, View], str]:
    """reason(figure, view): why it draws nothing."""

    def said(figure: Figure, view: View) -> str:
        assert figure.draw(view) is None
        return figure.reason

    return said


@pytest.fixture
def untiled() -> Callable[..., np.ndarray]:
    """(picture, k, h, w) -> the k images [k, h, w, ...] that it shows row by row, each pixel as a square."""

    def cut(picture: Any, k: int, h: int, w: int) -> np.ndarray:
        picture = np.ma.filled(picture, np.nan)
        times = -(-16 // max(h, w))
        gap = round(times * max(h, w) / 10)
        columns = (picture.shape[1] + gap) // (times * w + gap)
        images = []
        for i in range(k):
            top, left = i // columns * (times * h + gap), i % columns * (times * w + gap)
            large = picture[top : top + times * h, left : left + times * w]
            images.append(large[::times, ::times])
            again = np.kron(images[-1], np.ones((times, times, 1) if large.ndim == 3 else (times, times)))
            np.testing.assert_array_equal(large, again)
        return np.stack(images)

    return cut


@pytest.fixture
def painted() -> Callable[[Any], Any]:
    """Draws everything a picture holds, so that whatever warns does so here; gives the picture back."""

    def paint(canvas: Any) -> Any:
        canvas.draw_without_rendering()
        return canvas

    return paint
