"""Attributes as condition: the numbers as they are, and refused where there are none."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.model.condition.attributes import Attributes

Compose = Callable[..., DictConfig]


def test_are_taken_as_they_are() -> None:
    attributes = torch.rand(4, 3)
    assert torch.equal(Attributes(3)(attributes=attributes), attributes)


@pytest.mark.parametrize("model", ["mlp", "conv", "layered"])
def test_widen_encoder_and_decoder(model: str, composed: Compose, tmp_path: Path) -> None:
    data = ["dataset=coloured_shapes", "dataset.n=60"]
    with_, without = (
        assemble(composed(*data, f"model={model}", *more), tmp_path).system.model
        for more in (["model/condition=attributes"], [])
    )
    count = [sum(p.numel() for p in one.parameters()) for one in (with_, without)]
    assert with_.condition is not None and with_.condition.dim == 11 and count[0] > count[1]
    assert with_.reads == ("attributes",)


def test_data_without_attributes_is_refused(composed: Compose, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        assemble(composed("model/condition=attributes"), tmp_path)
    line = "this data has no attributes; dataset=coloured_shapes and dataset=celeba have"
    assert caught.value.problems == (f"model.condition: {line}",)


def test_terms_that_lack_masks_or_layers_say_who_has_them(composed: Compose, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        assemble(composed("loss=[mse,mask_bce]", "metric=[mask_iou]"), tmp_path)
    end = (
        "reads segment, gate_logits; this data has no segment; dataset=coloured_shapes has; "
        "model=layered gives layers and their gate"
    )
    assert caught.value.problems == (f"loss.mask_bce {end}", f"metric.mask_iou {end}")
    with pytest.raises(UserError) as caught:
        assemble(composed("dataset=coloured_shapes", "dataset.n=60", "loss=[mse,foreground]"), tmp_path)
    line = "loss.foreground reads x_foreground; model=layered gives layers and their gate"
    assert caught.value.problems == (line,)
