"""Models as the command line builds them: their YAML's settings, some of them changed."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from torch import Tensor

from aelab.build import locate
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal

CONF = Path(__file__).parents[2] / "conf" / "model"


class Asking(Deterministic):
    """A code that asks the encoder for several numbers each, as a distribution does; keeps the first."""

    def __init__(self, dim: int, asks: int) -> None:
        super().__init__(dim)
        self.asks = asks

    @property
    def width(self) -> int:
        return self.asks * self.dim

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return super().forward(h[:, : self.dim])


@cache
def defaults(kind: str) -> dict[str, Any]:
    settings = OmegaConf.to_container(OmegaConf.load(CONF / f"{kind}.yaml"))
    assert isinstance(settings, dict)
    return {str(name): value for name, value in settings.items() if name != "defaults"}


@pytest.fixture
def net() -> Callable[..., Any]:
    """net("mlp", (1, 5, 4), dim=3, widths=[8]): an autoencoder of x of that shape.

    asks: numbers that the latent wants for each of the code.
    """

    def make(
        kind: str, shape: tuple[int, ...], dim: int = 3, asks: int = 1, seed: int = 0, **changed: Any
    ) -> Any:
        torch.manual_seed(seed)
        told = {"shape": shape, "target": shape, "maps": 1, "link": "identity"}
        told |= {"latent": Asking(dim, asks), "prior": Normal(dim)}
        settings = {name: value for name, value in defaults(kind).items() if name != "latent"}
        make = locate(settings.pop("_target_"))
        return make(**(settings | told | changed))

    return make
