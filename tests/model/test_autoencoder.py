"""The autoencoder: which entries it adds to a Trace, and what they are."""

import pytest
import torch
from torch import Tensor, nn

from aelab.model.autoencoder import Autoencoder, Latent
from aelab.model.latent.deterministic import Deterministic
from aelab.model.prior.normal import Normal
from aelab.trace import Trace


class Two(Latent):
    """A code of two halves, the first of which is z."""

    gives = ("z", "rest")

    @property
    def width(self) -> int:
        return 2 * self.dim

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        return {"z": h[:, : self.dim], "rest": h[:, self.dim :]}


def model(decoder: nn.Module | None, latent: Latent | None = None, **settings) -> Autoencoder:
    torch.manual_seed(0)
    latent = latent or Deterministic(3)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(12, latent.width))
    return Autoencoder(encoder, latent, Normal(latent.dim), decoder, **settings)


def images(maps: int = 1) -> nn.Module:
    return nn.Sequential(nn.Linear(3, 12 * maps), nn.Unflatten(1, (3 * maps, 2, 2)))


X = torch.rand(5, 3, 2, 2)


@pytest.mark.parametrize("latent", [Deterministic(3), Two(3)])
@pytest.mark.parametrize(("maps", "decodes"), [(1, True), (2, True), (1, False)])
def test_gives_the_entries_that_it_says(maps: int, decodes: bool, latent: Latent) -> None:
    tested = model(images(maps) if decodes else None, latent, maps=maps)
    trace = tested(Trace(x=X, x_tilde=X))
    assert set(trace) == {"x", "x_tilde", *tested.gives} and len(set(tested.gives)) == len(tested.gives)
    assert ("x_hat" in trace) == decodes and ("x_logvar" in trace) == (maps == 2)
    assert trace.z.shape == (5, 3) and ("rest" in trace) == isinstance(latent, Two)
    if decodes:
        assert trace.x_hat.shape == trace.x_logits.shape == X.shape


def test_reads_the_corrupted_input_not_the_clean_one() -> None:
    tested = model(images())
    first = tested(Trace(x=X, x_tilde=X))
    assert torch.equal(tested(Trace(x=X + 1, x_tilde=X)).x_hat, first.x_hat)
    assert not torch.equal(tested(Trace(x=X, x_tilde=X + 1)).x_hat, first.x_hat)


def test_encode_and_decode_are_the_two_halves_of_forward() -> None:
    tested = model(images(), output=torch.tanh)
    trace = tested(Trace(x_tilde=X))
    z = tested.encode(X)["z"]
    decoded = tested.decode(z)
    assert torch.equal(trace.z, z) and torch.equal(trace.x_hat, decoded["x_hat"])
    torch.testing.assert_close(decoded["x_hat"], torch.tanh(decoded["x_logits"]))
    assert set(decoded) == {"x_logits", "x_hat"}
    assert model(None).decode(z) == {}


def test_two_maps_are_the_mean_and_the_log_variance_of_all_channels() -> None:
    tested = model(images(2), maps=2, output=torch.sigmoid)
    z = torch.randn(4, 3)
    both, decoded = tested.decoder(z), tested.decode(z)  # type: ignore[misc]
    assert torch.equal(decoded["x_logits"], both[:, :3]) and torch.equal(decoded["x_logvar"], both[:, 3:])
    torch.testing.assert_close(decoded["x_hat"], torch.sigmoid(both[:, :3]))  # log σ² has no activation


def test_weights_are_all_matrices_and_kernels() -> None:
    tested = model(
        nn.Sequential(nn.Linear(3, 12), nn.Unflatten(1, (3, 2, 2)), nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))
    )
    assert [tuple(w.shape) for w in tested.weights] == [(3, 12), (12, 3), (3, 3, 1, 1)]
    parameters = {id(p) for p in tested.parameters()}
    assert all(id(w) in parameters for w in tested.weights)
