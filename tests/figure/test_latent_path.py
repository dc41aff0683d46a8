"""The path is the one through the hole, and its pictures are its points decoded."""

import numpy as np
import pytest
import torch
from figure.generative import shown, vae, why

from aelab.figure.latent_path import LatentPath, central, emptiest


def test_the_path_leads_through_the_hole() -> None:
    """Four corners, all sides covered with codes but one, and both diagonals."""
    corners = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    t = torch.linspace(0, 1, 50)[:, None]
    sides = [torch.lerp(corners[a], corners[b], t) for a, b in ((0, 1), (1, 2), (2, 3))]
    diagonals = [torch.lerp(corners[a], corners[b], t) for a, b in ((0, 2), (1, 3))]
    codes = torch.cat(sides + diagonals)
    path, gap = emptiest(corners, None, codes, 5)
    assert path is not None
    torch.testing.assert_close(path, torch.lerp(corners[0], corners[3], torch.linspace(0, 1, 5)[:, None]))
    scale = codes.std(0, correction=0)
    nearest = min(float(((path[2] - z) / scale).norm()) for z in codes)
    assert gap == pytest.approx(nearest, rel=1e-5)


def test_ends_are_of_two_classes() -> None:
    z = torch.tensor([[0.0, 0], [10, 0], [0, 1]])
    path, _ = emptiest(z, torch.tensor([0, 0, 1]), z, 3)
    assert path is not None and torch.equal(path[[0, -1]], z[[1, 2]])
    assert emptiest(z, torch.zeros(3), z, 3) == (None, 0.0)


def test_no_end_is_a_code_that_lies_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    clouds = [torch.randn(100, 2, generator=generator) + shift for shift in (0.0, 8.0)]
    codes = torch.cat([*clouds, torch.tensor([[40.0, -40.0]])])
    inner = central(codes)
    assert not inner[-1] and inner[:-1].float().mean() > 0.94
    corners = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    assert central(corners).all()  # too few to tell


def test_the_path_of_a_picture_ends_among_the_codes(memory, painted) -> None:
    """Where the first row, of a class of its own, is far from the others."""
    v = vae(memory(n=600))
    trace = v.trace("test", 5000)
    trace["z"][0] = torch.tensor([50.0, 50.0])
    v.trace = lambda split, n: trace
    ends = np.asarray(painted(LatentPath(5).draw(v)).axes[0].lines[0].get_xydata())[[0, -1]]
    assert np.abs(ends).max() < 10


def test_draws_are_called_draws(memory, painted) -> None:
    for regards in (True, False):  # a distribution, and plain codes
        upper = painted(LatentPath(5).draw(vae(memory(), regards=regards))).axes[0]
        assert ("draws of q(z given x)" in upper.get_title()) == regards


def test_pictures_are_the_points_decoded(memory, painted, untiled) -> None:
    v = vae(memory(), regards=False)
    canvas = painted(LatentPath(5).draw(v))
    upper, lower = canvas.axes[:2]
    path = torch.tensor(np.asarray(upper.lines[0].get_xydata())).float()
    found = untiled(lower.images[0].get_array(), 5, 6, 4)
    np.testing.assert_allclose(found, shown(v.model.decode(path)["x_hat"]), atol=1e-5)


def test_nothing_for_other_codes(memory) -> None:
    assert why(LatentPath(3), vae(memory(), dim=3)) == "draws codes of two numbers, and these have 3"
    assert why(LatentPath(3), vae(memory((5,)))) == "draws images; these rows are vectors [5]"
    assert why(LatentPath(3), vae(memory(), condition="label")) == (
        "draws what z alone decodes to; this model is conditioned on y"
    )


def test_two_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="steps must be at least 3, got 2"):
        LatentPath(2)
