"""Layers: their sum, what each of them may depend on, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from aelab.corruption.corruption import Corruptions
from aelab.dataset.coloured_shapes import ColouredShapes
from aelab.loss.foreground import Foreground
from aelab.loss.mask_bce import MaskBCE
from aelab.loss.mse import MSE
from aelab.metric.mask_iou import MaskIoU
from aelab.model.condition.attributes import Attributes
from aelab.model.latent.gaussian import Gaussian
from aelab.model.latent.gaussian_full import GaussianFull
from aelab.objective import Objective
from aelab.system import System, gives
from aelab.trace import VOCABULARY, Trace

Make = Callable[..., Any]
SHAPE = (3, 9, 6)


@pytest.fixture
def model(net: Make) -> Any:
    """z = [z_F of 2, z_B of 2], c of 5."""
    return net("layered", SHAPE, dim=4, foreground=0.5, channels=[4, 6], condition=Attributes(5))


def decoded(model: Any, z: Tensor, c: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        return model.decode(z, c)


Z, C = torch.randn(3, 4), torch.rand(3, 5)


def test_the_picture_is_foreground_and_gated_background(model: Any) -> None:
    out = decoded(model, Z, C)
    g = torch.sigmoid(out["gate_logits"])
    assert out["x_foreground"].shape == out["x_background"].shape == (3, *SHAPE) and g.shape == (3, 1, 9, 6)
    torch.testing.assert_close(out["x_hat"], out["x_foreground"] + g * out["x_background"])


def test_even_kernels_rebuild_the_size(net: Make) -> None:
    model = net("layered", SHAPE, dim=4, foreground=0.5, channels=[4, 6], condition=Attributes(5), kernel=4)
    assert decoded(model, Z, C)["x_hat"].shape == (3, *SHAPE)


@pytest.mark.parametrize(
    ("moved", "layers"),
    [
        ("z_F", {"x_foreground", "gate_logits"}),
        ("c", {"x_foreground", "gate_logits"}),
        ("z_B", {"x_background"}),
    ],
)
def test_a_layer_depends_on_its_own_code(model: Any, moved: str, layers: set[str]) -> None:
    z, c = Z.clone(), C.clone()
    {"z_F": z[:, :2], "z_B": z[:, 2:], "c": c}[moved].add_(1)
    one, other = decoded(model, Z, C), decoded(model, z, c)
    changed = {name for name in one if not torch.equal(one[name], other[name])}
    assert changed == layers | {"x_hat", "x_logits"}


def test_both_layers_pass_through_the_output_activation(net: Make) -> None:
    out = decoded(net("layered", SHAPE, output_activation="sigmoid"), 9 * torch.randn(5, 3), None)  # type: ignore[arg-type]
    for name in ("x_foreground", "x_background"):
        assert out[name].min() > 0 and out[name].max() < 1


def test_several_codes_a_row_share_its_condition(model: Any) -> None:
    z = torch.randn(6, 4)  # as a bound with two samples decodes them
    out, by_hand = decoded(model, z, C), decoded(model, z, torch.cat([C, C]))
    assert all(torch.equal(out[name], by_hand[name]) for name in out)


@pytest.mark.parametrize(
    ("dim", "foreground", "front"), [(2, 0.75, 1), (4, 0.75, 3), (8, 0.01, 1), (8, 0.99, 7), (32, 0.25, 8)]
)
def test_every_layer_has_its_share_of_the_code(net: Make, dim: int, foreground: float, front: int) -> None:
    layers = net("layered", SHAPE, dim=dim, foreground=foreground).decoder
    assert layers.dim == layers.foreground.layers[0].in_features == front
    assert layers.background.layers[0].in_features == dim - front


def test_a_trace_of_data_with_masks_has_what_was_announced(net: Make) -> None:
    data = ColouredShapes(20).setup()
    model = net("layered", data.shape, dim=4, condition=Attributes(11))
    objective = Objective({"mse": MSE(), "mask_bce": MaskBCE(), "foreground": Foreground(1.0, 1.0)})
    system = System(data, Corruptions({}), model, objective, {"mask_iou": MaskIoU()})
    assert "index" in system.reads
    rows = data.splits["train"][:5]
    trace = system(*data.batch(rows), rows)
    announced = gives(data, system.corruption, model, objective)
    assert set(trace) == set(announced) and len(announced) == len(set(announced))
    assert set(trace) <= VOCABULARY.keys()
    assert torch.equal(trace.c, data.rows.attributes[rows])  # type: ignore[index]
    loss, parts = objective(trace)
    loss.backward()
    assert len(parts) == 3 and all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_code_comes_of_its_own_encoder(net: Make) -> None:
    """Of a Gaussian latent mean and variance alike."""
    model = net("layered", SHAPE, latent=Gaussian(4), foreground=0.25)
    x = torch.rand(3, *SHAPE)
    before = model.encode(x)
    with torch.no_grad():
        model.encoder.background.blocks[-1].layer.bias.add_(1)
    after = model.encode(x)
    for name in ("mean", "logvar"):
        moved = torch.tensor([0.0, 1, 1, 1]).expand(3, 4)
        torch.testing.assert_close(after[name] - before[name], moved, atol=1e-5, rtol=0)


def test_attributes_reach_the_encoder_as_maps(model: Any) -> None:
    x = torch.rand(3, *SHAPE)
    assert not torch.equal(model.encode(x, C)["z"], model.encode(x, C + 1)["z"])
    trace = model(Trace(x_tilde=x, attributes=C))
    assert torch.equal(trace.decode(trace.z)["x_hat"], trace.x_hat)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"foreground": 1.0}, "foreground must lie between 0 and 1, got 1.0"),
        ({"dim": 1}, "layered needs a code of at least 2 numbers, one a layer, got 1"),
        (
            {"link": "sigmoid"},
            "layered adds its layers up: it has neither logits, as bce needs, nor a",
        ),
        ({"maps": 2}, "nor a variance map; loss=.smooth_l1., mse or gaussian with a variance for all pixels"),
        ({"target": (3, 12, 6)}, r"\[3, 9, 6\] goes in, \[3, 12, 6\] must come out"),
        ({"latent": GaussianFull(4)}, "GaussianFull takes 14 numbers for all of it together"),
        ({"latent": GaussianFull(3)}, "GaussianFull takes 9 numbers for all of it together"),
        ({"channels": []}, "channels must be positive and at least one"),
        ({"kernel": 4, "down": "pool"}, "kernel must be positive, and odd where down=pool, got 4"),
        ({"kernel": 4, "channels": [2] * 5}, "pixels cannot be halved 5 times"),
    ],
)
def test_refusals(net: Make, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        net("layered", SHAPE, **changed)
    with pytest.raises(ValueError, match=r"layered takes images \[c, h, w\]"):
        net("layered", (7,))
