"""Grayscale: Pillow's grey, one channel of it, in use too."""

import numpy as np
import pytest
import torch
from PIL import Image

from aelab.corruption.corruption import Corruptions
from aelab.corruption.grayscale import Grayscale


def test_is_pillows_grey() -> None:
    stored = torch.randint(0, 256, (5, 3, 9, 7), generator=torch.Generator().manual_seed(1)).byte()
    x_tilde = Grayscale()(stored / 255)
    assert x_tilde.shape == (5, 1, 9, 7)
    for image, grey in zip(stored, 255 * x_tilde, strict=True):
        expected = np.asarray(Image.fromarray(image.permute(1, 2, 0).numpy()).convert("L"), float)
        assert np.abs(grey[0].numpy() - expected).max() <= 0.51  # which it rounds


def test_is_there_in_use_too() -> None:
    chain = Corruptions({"grayscale": Grayscale()})
    assert chain(torch.rand(2, 3, 4, 4), in_use=True)["x_tilde"].shape == (2, 1, 4, 4)


def test_takes_colour_images_only() -> None:
    assert Grayscale().output_shape((3, 8, 5)) == (1, 8, 5)
    with pytest.raises(ValueError) as caught:
        Grayscale().output_shape((1, 8, 5))
    assert str(caught.value) == "takes images of 3 channels, red, green and blue; this data has 1"
    with pytest.raises(ValueError) as caught:
        Grayscale().output_shape((7,))
    assert str(caught.value) == "takes the colour out of images; these rows are vectors [7]"
