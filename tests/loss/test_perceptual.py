"""The perceptual distance: its sum by hand, a network that is frozen and not saved, VGG-19's own weights."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from omegaconf import DictConfig
from torch import Tensor, nn

from aelab.assemble import assemble_system
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.errors import UserError
from aelab.loss import perceptual
from aelab.loss.perceptual import Perceptual
from aelab.reference import vgg19
from aelab.reference.classifier import Classifier
from aelab.reference.reference import Reference
from aelab.system import System

NAMES = ["relu1_1", "relu2_1", "relu3_1"]


class Noise(Dataset):
    """Forty images of noise, grey or of more colours."""

    def __init__(self, channels: int = 1, labelled: bool = True) -> None:
        super().__init__()
        self.channels, self.labelled = channels, labelled

    def read(self) -> Rows:
        x = torch.randint(0, 256, (40, self.channels, 9, 8), generator=torch.Generator().manual_seed(0))
        return Rows(x.byte(), torch.arange(40) % 2 if self.labelled else None)


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub's cache without weights."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def untrained(monkeypatch: pytest.MonkeyPatch) -> list[Dataset]:
    """In place of the classifier's training: a net as it is made, and for which data it was asked."""
    asked: list[Dataset] = []

    def reference(dataset: Dataset) -> Reference:
        asked.append(dataset)
        torch.manual_seed(0)
        return Reference(Classifier(dataset.shape, 2), dataset, None)

    monkeypatch.setattr(perceptual, "reference", reference)
    return asked


@pytest.fixture
def vgg(hub: Path) -> dict[str, Tensor]:
    """The first five convolutions of torchvision's VGG-19 by its names, in random numbers, and its file."""
    torch.manual_seed(0)
    kept = {}
    for place, (a, b) in {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256)}.items():
        for name, value in nn.Conv2d(a, b, 3).state_dict().items():
            kept[f"features.{place}.{name}"] = value
    (hub / "checkpoints").mkdir()
    torch.save({**kept, "classifier.0.bias": torch.zeros(3)}, vgg19.weights_file())
    return kept


def term(
    network: str = "reference", layers: list[str] = NAMES, weights: tuple[float, ...] = (1, 2, 3)
) -> Perceptual:
    return Perceptual(1.0, network, layers, weights[: len(layers)])  # type: ignore[arg-type]


def pair(dataset: Dataset) -> tuple[Tensor, Tensor]:
    x, _ = dataset.batch(torch.arange(6))
    return x, x.flip(0)


def test_is_the_weighted_sum_of_mean_squares(untrained: list[Dataset]) -> None:
    dataset, made = Noise().setup(), term()
    made.prepare(dataset)
    x, x_hat = pair(dataset)
    out = made(x, x_hat)
    net = made.frozen[0].net
    expected, a, b = torch.zeros(6), *((255 * h - net.mean) / net.std for h in (x, x_hat))
    for w, block in zip((1, 2, 3), net.blocks, strict=True):
        a, b = block(a), block(b)
        expected += torch.stack([w * F.mse_loss(one, other) for one, other in zip(a, b, strict=True)])
        a, b = (F.max_pool2d(h, 2, ceil_mode=True) for h in (a, b))
    torch.testing.assert_close(out, expected)
    assert out.shape == (6,) and torch.equal(made(x, x), torch.zeros(6))
    assert untrained == [dataset]  # once


def test_a_gradient_step_brings_an_image_nearer() -> None:
    dataset, made = Noise().setup(), term()
    made.prepare(dataset)
    x, x_hat = pair(dataset)
    x_hat = x_hat.clone().requires_grad_()
    before = made(x, x_hat).sum()
    (slope,) = torch.autograd.grad(before, x_hat)
    assert made(x, x_hat - 1e-3 * slope / slope.norm()).sum() < before
    assert all(p.grad is None and not p.requires_grad for p in made.frozen[0].parameters())


def test_the_network_is_neither_trained_nor_saved_nor_put_into_training_mode() -> None:
    dataset, made = Noise().setup(), term()
    made.prepare(dataset)
    made.train()
    made(*pair(dataset))
    assert not list(made.parameters()) and not made.state_dict() and list(made.modules()) == [made]
    assert not any(part.training for part in made.frozen[0].modules())


def test_it_follows_the_images_and_can_be_taken_in_inference_mode() -> None:
    dataset, made = Noise().setup(), term()
    made.prepare(dataset)
    x, x_hat = pair(dataset)
    with torch.inference_mode():
        first = made(x, x_hat)
    torch.testing.assert_close(made(x.double(), x_hat.double()), first.double(), rtol=1e-4, atol=1e-6)
    made(x, x_hat.clone().requires_grad_()).sum().backward()


def test_vgg19_is_torchvisions(vgg: dict[str, Tensor], caplog: pytest.LogCaptureFixture) -> None:
    from torchvision.models.vgg import cfgs, make_layers

    caplog.set_level(logging.INFO)
    features = make_layers(cfgs["E"])[:12]
    features.load_state_dict({name.removeprefix("features."): value for name, value in vgg.items()})
    unit = torch.rand(2, 1, 9, 8)
    h = (unit.repeat(1, 3, 1, 1) - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor(
        [0.229, 0.224, 0.225]
    )[:, None, None]
    expected = {}
    for i, layer in enumerate(features):
        h = layer(h)
        if i in (1, 6, 11):  # relu1_1, relu2_1, relu3_1 of the configuration
            expected[i] = h.clone()
    dataset = Noise().setup()
    dataset.scale.offset, dataset.scale.factor = torch.tensor(127.5), torch.tensor(127.5)  # x in [−1, 1]
    made = term("auto", ["relu3_1", "relu1_1", "relu2_1"])
    made.prepare(dataset)
    made(2 * unit - 1, 2 * unit - 1)
    assert made.chosen == "vgg19" and "of vgg19" in caplog.text
    found = made.frozen[0].maps(2 * unit - 1, ("relu1_1", "relu2_1", "relu3_1"))
    for a, b in zip(found, expected.values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_auto_takes_the_classifier_where_the_weights_are_not_there() -> None:
    made = term("auto")
    made.prepare(Noise().setup())
    assert made.chosen == "reference" and not list(made.objections(None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "dataset", "said"),
    [
        (term("reference"), Noise(labelled=False), "needs labels, by which its reference classifier learns"),
        (
            term("reference", ["relu2_2"]),
            Noise(),
            "layers: reference has no 'relu2_2'; did you mean 'relu2_1'",
        ),
        (term("vgg19", ["relu3_1"]), Noise(), "network=vgg19 takes torchvision's vgg19-dcbb9e9d.pth in "),
    ],
)
def test_what_it_cannot_do_is_one_line(made: Perceptual, dataset: Dataset, said: str) -> None:
    made.prepare(dataset.setup())
    (line,) = made.objections(None)  # type: ignore[arg-type]
    assert line.startswith(said) and "\n" not in line


def test_vgg19_takes_grey_and_colour_images_that_are_large_enough(vgg: dict[str, Tensor]) -> None:
    for channels, layer, said in (
        (3, "relu3_1", []),
        (2, "relu3_1", ["network=vgg19 needs images, grey or of three colours; these rows are [2, 9, 8]"]),
        (1, "relu5_1", ["layers: relu5_1 needs images of at least 16 x 16; these are [1, 9, 8]"]),
    ):
        made = term("auto", [layer])
        made.prepare(Noise(channels).setup())
        assert list(made.objections(None)) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "weights", "name"),
    [
        ([], (), "layers"),
        (["relu1_1"] * 2, (1.0, 1.0), "layers"),
        (NAMES, (1.0,), "layer_weights"),
        (NAMES, (1, 0, 1), "layer_weights"),
    ],
)
def test_refuses(layers: list[str], weights: tuple[float, ...], name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must"):
        Perceptual(1.0, "auto", layers, weights)


def test_a_system_tells_its_terms_the_data_before_it_is_checked(composed: Callable[..., DictConfig]) -> None:
    system = assemble_system(composed("loss=[perceptual]"))
    found = system.objective.terms["perceptual"]
    assert isinstance(system, System) and isinstance(found, Perceptual) and found.dataset is system.dataset
    with pytest.raises(UserError) as refusal:
        assemble_system(composed("loss=[perceptual]", "dataset=two_moons"))
    assert refusal.value.problems == ("loss.perceptual: needs images; these rows are vectors [2]",)


def test_layers_of_their_own_refuse_it(train: Callable[..., Path]) -> None:
    with pytest.raises(UserError) as refusal:
        train("loss=[perceptual]", "recipe=layerwise")
    assert all("loss.perceptual: knows the data set's rows" in line for line in refusal.value.problems)
