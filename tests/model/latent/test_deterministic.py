"""The deterministic code: h, through an activation where one is asked for."""

import pytest
import torch

from aelab.model.latent.deterministic import Deterministic


def test_is_the_encoders_output() -> None:
    h = torch.randn(5, 3)
    latent = Deterministic(3)
    assert torch.equal(latent(h)["z"], h)
    assert latent.gives == tuple(latent(h)) == ("z",) and latent.width == latent.dim == 3


def test_goes_through_its_activation() -> None:
    h = torch.randn(5, 3)
    torch.testing.assert_close(Deterministic(3, "sigmoid")(h)["z"], 1 / (1 + torch.exp(-h)))


@pytest.mark.parametrize("dim", [0, -2])
def test_has_at_least_one_number(dim: int) -> None:
    with pytest.raises(ValueError) as caught:
        Deterministic(dim)
    assert str(caught.value) == f"dim must be at least 1, got {dim}"
