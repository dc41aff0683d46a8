"""The features of VGG-19, trained on ImageNet, where its weights are on this machine."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aelab.dataset.dataset import Dataset

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""(maps, convolutions) between two pools     [Simonyan & Zisserman 2015, tab. 1, E]"""

LAYERS = tuple(f"relu{i}_{j}" for i, (_, n) in enumerate(BLOCKS, 1) for j in range(1, n + 1))

FILE = "vgg19-dcbb9e9d.pth"
"""What torchvision calls them."""


def weights_file() -> Path:
    """Where PyTorch's hub keeps them once they are downloaded."""
    return Path(torch.hub.get_dir()) / "checkpoints" / FILE


class VGG19(nn.Module):
    """x in model units -> [0, 1], grey repeated to three channels -> ImageNet's units -> relu1_1, ...

    Frozen and in evaluation mode; only as deep as the last of the layers that are asked for.
    """

    layers = LAYERS

    def __init__(self, dataset: Dataset, deepest: str) -> None:
        super().__init__()
        black, white = dataset.ends
        scale = dataset.scale
        for name, value in (
            ("offset", (scale.offset - black) / (white - black)),
            ("factor", scale.factor / (white - black)),
            ("mean", torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)),
            ("std", torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)),
        ):
            self.register_buffer(name, value.clone())
        kept = torch.load(weights_file(), weights_only=True, map_location="cpu")
        self.convolutions = nn.ModuleList()
        c, place = 3, 0  # of the layer in torchvision's list, where relus and pools count too
        for layer in LAYERS[: LAYERS.index(deepest) + 1]:
            n = BLOCKS[block_of(layer) - 1][0]
            place += opens(layer)
            with torch.random.fork_rng([]):
                convolution = nn.Conv2d(c, n, 3, padding=1)
            convolution.load_state_dict(
                {name: kept[f"features.{place}.{name}"] for name in ("weight", "bias")}
            )
            self.convolutions.append(convolution)
            c, place = n, place + 2
        self.eval().requires_grad_(False)

    def maps(self, x: Tensor, names: tuple[str, ...]) -> list[Tensor]:
        """The feature maps of these names, each [b, n, h, w]."""
        unit = x * self.get_buffer("factor") + self.get_buffer("offset")
        h = (unit.expand(-1, 3, -1, -1) - self.get_buffer("mean")) / self.get_buffer("std")
        found = {}
        for layer, convolution in zip(LAYERS, self.convolutions, strict=False):
            h = found[layer] = F.relu(convolution(F.max_pool2d(h, 2) if opens(layer) else h))
        return [found[name] for name in names]


def block_of(layer: str) -> int:
    """3 of relu3_1."""
    return int(layer.removeprefix("relu").partition("_")[0])


def least(layer: str) -> int:
    """Pixels that the shorter side of an image must have to reach it."""
    return 2 ** (block_of(layer) - 1)


def opens(layer: str) -> bool:
    """Whether a pool comes before it."""
    return layer.endswith("_1") and layer != "relu1_1"
