"""The distance of images in the features of a trained network."""

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from aelab.errors import suggest
from aelab.loss.term import Term
from aelab.reference import vgg19
from aelab.reference.reference import Reference, objections, reference
from aelab.schedule import Number

if TYPE_CHECKING:
    from aelab.dataset.dataset import Dataset
    from aelab.model.autoencoder import Autoencoder

notice = logging.getLogger("aelab.notice")


class Perceptual(Term):
    """Σ_l w_l ‖Φ_l(x) − Φ_l(x̂)‖² / n_l,  Φ_l(x) of n_l numbers

    [Johnson et al. 2016, eq. 2; Hou et al. 2017, with w_l = ½]

    The network is frozen, and neither trained nor saved with the run.

    network: `vgg19`, trained on ImageNet, whose weights must be in torch.hub's cache; `reference`, the data
        set's own classifier; `auto`, the first where it is there, else the second.
    layers: l. relu3_1 is the first feature map behind the second pool.
    layer_weights: w_l, as many.
    """

    def __init__(
        self,
        weight: Number,
        network: Literal["auto", "vgg19", "reference"],
        layers: Sequence[str],
        layer_weights: Sequence[float],
    ) -> None:
        super().__init__(weight)
        if not layers or len(set(layers)) < len(layers):
            raise ValueError(f"layers must be at least one, each once, got {list(layers)}")
        if len(layers) != len(layer_weights) or min(layer_weights) <= 0:
            raise ValueError(
                f"layer_weights must be positive and one for each of {len(layers)} layers, "
                f"got {list(layer_weights)}"
            )
        self.layers, self.layer_weights = tuple(layers), tuple(layer_weights)
        self.network = network
        self.frozen: list[Any] = []  # in a list, it is none of this module's parameters and state
        self.place: tuple[torch.device, torch.dtype] | None = None

    def prepare(self, dataset: "Dataset") -> None:
        self.dataset, self.frozen, self.place = dataset, [], None

    def objections(self, model: "Autoencoder") -> Iterable[str]:
        dataset, file, shape = self.dataset, vgg19.weights_file(), list(self.dataset.shape)
        if self.network == "vgg19" and not file.is_file():
            yield (
                f"network=vgg19 takes torchvision's {file.name} in {file.parent}, where it is not; "
                "network=reference takes none"
            )
        if self.chosen == "reference":
            yield from objections(dataset)
        elif not dataset.is_image or dataset.shape[0] not in (1, 3):
            yield f"network=vgg19 needs images, grey or of three colours; these rows are {shape}"
        there = vgg19.LAYERS if self.chosen == "vgg19" else Reference.layers
        for layer in self.layers:
            if layer not in there:
                hint = suggest(layer, there) or f"; there are {', '.join(there)}"
                yield f"layers: {self.chosen} has no '{layer}'{hint}"
            elif self.chosen == "vgg19" and min(shape[1:], default=0) < (least := vgg19.least(layer)):
                yield f"layers: {layer} needs images of at least {least} x {least}; these are {shape}"

    @property
    def chosen(self) -> str:
        if self.network == "auto":
            return "vgg19" if vgg19.weights_file().is_file() else "reference"
        return self.network

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        maps = self.network_at(x).maps
        with torch.no_grad():
            goal = maps(x, self.layers)
        total = x_hat.new_zeros(len(x))
        for w, a, b in zip(self.layer_weights, goal, maps(x_hat, self.layers), strict=True):
            total = total + w * (a - b).square().flatten(1).mean(1)
        return total  # [b]

    def network_at(self, x: Tensor) -> Any:
        """The network, where and as x is; read, or trained, only once it is needed."""
        if not self.frozen:
            notice.info("loss.perceptual: compares %s of %s", ", ".join(self.layers), self.chosen)
            with torch.inference_mode(False):  # else it could take no part in a gradient
                deepest = max(self.layers)
                vgg = self.chosen == "vgg19"
                self.frozen = [vgg19.VGG19(self.dataset, deepest) if vgg else reference(self.dataset)]
        if self.place != (x.device, x.dtype):
            self.frozen[0].to(x)
            self.place = x.device, x.dtype
        return self.frozen[0]
