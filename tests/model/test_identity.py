"""identity: the code is the input, and comes back as it was."""

import pytest
import torch

from aelab.model.identity import identity
from aelab.trace import Trace


@pytest.mark.parametrize("shape", [(7,), (1, 5, 4), (3, 4, 6)])
def test_gives_x_back_bit_by_bit(shape: tuple[int, ...]) -> None:
    x = torch.randn(5, *shape)
    trace = identity(shape, shape, 1, "identity")(Trace(x_tilde=x))
    assert torch.equal(trace.z, x.flatten(1)) and torch.equal(trace.x_hat, x)


def test_has_nothing_to_train_and_samples_in_the_inputs_shape() -> None:
    model = identity((3, 4, 6), (3, 4, 6), 1, "identity")
    assert list(model.parameters()) == [] and model.weights == () and model.latent.dim == 72
    assert model.decode(model.prior.sample(5))["x_hat"].shape == (5, 3, 4, 6)


@pytest.mark.parametrize(
    ("target", "maps", "link"),
    [
        ((1, 4, 4), 1, "identity"),
        ((1, 2, 2), 2, "identity"),
        ((1, 2, 2), 1, "sigmoid"),
        ((4,), 1, "identity"),
    ],
)
def test_refuses_what_it_cannot_give(target: tuple[int, ...], maps: int, link: str) -> None:
    with pytest.raises(ValueError) as caught:
        identity((1, 2, 2), target, maps, link)
    assert str(caught.value) == (
        "identity gives its input [1, 2, 2] back as it is; this run asks for "
        f"{maps} map(s) of {list(target)} through {link}"
    )
