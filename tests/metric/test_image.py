"""Metrics of images in [0, 1]: what else there is, is refused before training."""

from collections.abc import Callable

import pytest
from hydra.utils import get_class
from omegaconf import DictConfig

from aelab.assemble import assemble_system
from aelab.errors import UserError
from aelab.metric.image import ImageMetric

METRICS = "metric=[reconstruction,psnr,ssim,hole]"
NAMES = ["psnr", "ssim", "hole"]


@pytest.mark.parametrize("name", NAMES)
def test_these_are_such(name: str, composed: Callable[..., DictConfig]) -> None:
    config = composed(f"metric={name}")
    assert issubclass(get_class(config.metric[name]._target_), ImageMetric)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["dataset.centred=true"], "needs images in [0, 1], these lie in [-0."),
        (
            ["dataset=two_moons", "corruption=none", "metric=[psnr,ssim]"],
            "needs images; these rows are vectors [2]",
        ),
    ],
)
def test_other_data_is_refused(overrides: list[str], said: str, composed: Callable[..., DictConfig]) -> None:
    config = composed("corruption=block", METRICS, *overrides)
    with pytest.raises(UserError) as caught:
        assemble_system(config)
    names = [name for name in NAMES if name in config.metric]
    assert len(caught.value.problems) == len(names)
    for name, line in zip(names, caught.value.problems, strict=True):
        assert line.startswith(f"metric.{name}: {said}") and "\n" not in line


def test_images_in_the_unit_range_are_welcome(composed: Callable[..., DictConfig]) -> None:
    assert set(NAMES) < set(assemble_system(composed("corruption=block", METRICS)).metrics)
