"""The grey copy: the grey in every channel, and anything else as it is."""

import numpy as np

from aelab.baseline.grey_copy import GreyCopy


def test_grey_is_in_every_channel_and_colour_stays() -> None:
    generator = np.random.default_rng(0)
    colour, grey = generator.random((3, 4, 5)), generator.random((1, 7, 6))
    baseline = GreyCopy()
    baseline.tune([(colour, grey)])
    assert (baseline.restore(grey) == np.stack([grey[0]] * 3)).all()
    assert (baseline.restore(colour) == colour).all()
