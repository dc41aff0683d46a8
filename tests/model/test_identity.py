"""identity: the code is the input, and comes back as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.model.identity import identity
from aelab.model.latent.deterministic import Deterministic
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


def test_a_prior_is_of_as_many_numbers_as_the_input(
    composed: Callable[..., DictConfig], tmp_path: Path
) -> None:
    for dataset, n in (("digits", 64), ("two_moons", 2)):
        chosen = ["model=identity", "model/prior=gaussian_mixture", "model.prior.components=3"]
        model = assemble(composed(f"dataset={dataset}", *chosen), tmp_path).system.model
        assert model.prior.mean.shape == (3, n) and model.latent.dim == n
    assert identity((2,), (2,), 1, "identity", Deterministic(2)).latent.dim == 2
    with pytest.raises(UserError) as caught:
        assemble(composed("model=identity", "model.latent.dim=3"), tmp_path)
    line = "model: identity has the code of its input, of 64 numbers; got latent.dim=3"
    assert list(caught.value.problems) == [line]


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
