"""The classifier: a softmax on a copy of an encoder, whose latent stays as it is in use."""

import pytest
import torch
from torch import nn

from aelab.model.autoencoder import Autoencoder
from aelab.model.classifier import Classifier
from aelab.model.latent.deterministic import Deterministic
from aelab.model.latent.k_sparse import KSparse
from aelab.model.prior.normal import Normal
from aelab.schedule import Clock, Linear
from aelab.trace import Trace

X = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))


def autoencoder(latent) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(nn.Linear(6, 4), latent, Normal(4), nn.Linear(4, 6))


def logits(classifier: Classifier) -> torch.Tensor:
    return classifier(Trace(x=X, x_tilde=X))["logits"]


def test_logits_are_linear_in_the_code() -> None:
    model = autoencoder(Deterministic(4, "tanh"))
    classifier = Classifier(model, 3)
    z = model.encode(X)["z"]
    expected = z @ classifier.head.weight.T + classifier.head.bias
    torch.testing.assert_close(logits(classifier), expected)
    assert "logits" in classifier.gives and "x_hat" not in classifier.gives


def test_is_a_copy_and_has_no_decoder() -> None:
    model = autoencoder(Deterministic(4))
    classifier = Classifier(model, 3)
    mine = {id(p) for p in model.parameters()}
    assert not mine & {id(p) for p in classifier.parameters()} and classifier.decoder is None
    before = [p.clone() for p in model.parameters()]
    logits(classifier).sum().backward()
    torch.optim.SGD(classifier.parameters(), lr=1.0).step()
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert all(p.grad is None for p in model.parameters())
    assert all(p.grad is not None for p in classifier.parameters())


@pytest.mark.parametrize("training", [True, False])
def test_k_sparse_code_keeps_alpha_k_units(training: bool) -> None:
    classifier = Classifier(autoencoder(KSparse(4, k=1, alpha=3)), 3).train(training)
    trace = classifier(Trace(x=X, x_tilde=X))
    assert ((trace["z"] != 0).sum(1) == 3).all()
    assert classifier.training == classifier.encoder.training == training
    assert not classifier.latent.training


def test_dropout_is_of_the_code_and_in_training_only() -> None:
    """The latent's own is off; E[dropout(z)] = z."""
    torch.manual_seed(1)
    classifier = Classifier(autoencoder(Deterministic(4, dropout=0.9)), 3, dropout=0.5)
    clean = logits(classifier.eval())
    classifier.train()
    draws = torch.stack([logits(classifier) for _ in range(4000)])
    assert draws.std(0).min() > 0
    torch.testing.assert_close(draws.mean(0), clean, atol=0.08, rtol=0)
    without = Classifier(autoencoder(Deterministic(4, dropout=0.9)), 3).train()
    torch.testing.assert_close(logits(without), logits(without))


@pytest.mark.parametrize("watched", [True, False])
def test_schedules_stand_at_their_end(watched: bool) -> None:
    model = autoencoder(KSparse(4, k=Linear(4, 2)))
    clock = Clock(model) if watched else None  # a fresh model has met no clock yet
    classifier = Classifier(model, 3)
    again = Clock(classifier)
    again.set(0.0)
    assert again.attributes == [] and classifier.latent.top_k.k == 2  # type: ignore[union-attr]
    if clock:
        clock.set(0.0)
        assert model.latent.top_k.k == 4  # type: ignore[union-attr]
