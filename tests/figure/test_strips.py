"""Each strip is the corrupted images above what the model makes of them."""

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir

from aelab.build import build
from aelab.corruption.block import Block
from aelab.corruption.corruption import Corruption
from aelab.corruption.gaussian import Gaussian
from aelab.corruption.masking import Masking
from aelab.figure.strips import Strips
from aelab.model.autoencoder import Autoencoder
from aelab.places import conf_dir
from aelab.trace import Trace


def shown(canvas):
    """name -> (picture, the two distances beside it)"""
    found = {}
    for axes in canvas.axes:
        name, below = (text.get_text() for text in axes.get_yticklabels())
        assert below == "reconstruction"
        beside = [float(text.get_text()) for text in axes.child_axes[0].get_yticklabels()]
        found[name] = axes.images[0].get_array(), beside
    return found


def test_a_strip_is_what_the_model_makes_of_its_inputs(memory, view, painted, untiled):
    v = view(memory((1, 6, 4)))
    canvas = painted(Strips(3, {"masking": Masking(0.5), "gaussian": Gaussian(0.1)}).draw(v))
    strips = shown(canvas)
    assert set(strips) == {"clean", "masking\n0.5", "gaussian\n0.1"}
    trace = v.trace("test", 12)
    x = torch.stack([trace.x[int((trace.y == label).nonzero()[0])] for label in range(3)])
    for name, (picture, distances) in strips.items():
        cells = torch.as_tensor(untiled(picture, 6, 6, 4))
        x_tilde = cells[:3, None]
        if name == "clean":
            torch.testing.assert_close(x_tilde, x)
        elif name.startswith("masking"):
            assert ((x_tilde == x) | (x_tilde == 0)).all() and 0.2 < (x_tilde != x).float().mean() < 0.8
        if not name.startswith("gaussian"):  # whose inputs are clipped where they are drawn
            with torch.no_grad():
                x_hat = v.model.forward(Trace(x=x, x_tilde=x_tilde)).x_hat
            torch.testing.assert_close(cells[3:, None], x_hat.clamp(0, 1), atol=1e-5, rtol=0)
            want = [float((images - x).square().mean()) for images in (x_tilde, x_hat)]
            assert distances == pytest.approx(want, abs=6e-4)


def test_the_noise_is_the_same_every_time_and_takes_no_one_s_draws(memory, view, painted):
    v, figure = view(memory()), Strips(3, {"gaussian": Gaussian(0.3)})
    torch.manual_seed(5)
    once = shown(figure.draw(v))
    after = torch.rand(1)
    again = shown(figure.draw(v))
    np.testing.assert_array_equal(once["gaussian\n0.3"][0], again["gaussian\n0.3"][0])
    torch.manual_seed(5)
    assert torch.equal(torch.rand(1), after)


def test_a_mask_is_in_the_trace(memory, view, monkeypatch):
    v, seen = view(memory()), []
    forward = v.model.forward
    monkeypatch.setattr(v.model, "forward", lambda trace: seen.append("mask" in trace) or forward(trace))
    Strips(2, {"block": Block(0.5)}).draw(v)
    assert seen == [False, False, True]  # the run's own, the clean, the masked


class Half(Corruption):
    def output_shape(self, shape):
        return (shape[0], shape[1] // 2, shape[2] // 2)

    def forward(self, x):
        return x[:, :, ::2, ::2]


def test_none_where_shapes_change_or_nothing_is_rebuilt_or_no_images(memory, view):
    parts = {"masking": Masking(0.5)}
    v = view(memory())
    assert Strips(2, {**parts, "half": Half(0.5)}).draw(v) is None
    assert Strips(2, parts).draw(view(memory((5,)))) is None
    inner = v.trace
    v.trace = lambda split, n: Trace(inner(split, n), x_tilde=torch.zeros(n, 1, 3, 2))
    assert Strips(2, parts).draw(v) is None
    old = v.model
    v = view(memory(), Autoencoder(old.encoder, old.latent, old.prior, None))
    assert Strips(2, parts).draw(v) is None


def test_one_column_and_many_in_colour(memory, view, painted):
    for n in (1, 40):
        painted(Strips(n, {"masking": Masking(0.5)}).draw(view(memory((3, 5, 8), n=300))))


def test_its_corruptions_are_the_group_s_own():
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        stronger = "figure.strips.corruptions.block.strength=0.5"
        config = compose("config", ["name=test", "figure=[strips]", "corruption=gaussian", stronger])
    corruptions = build(config.figure)["strips"].corruptions
    assert list(corruptions) == ["gaussian", "masking", "salt_and_pepper", "block"]
    assert corruptions["block"].strength == 0.5 and list(config.corruption) == ["gaussian"]


def test_no_columns_are_refused():
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        Strips(0, {})
