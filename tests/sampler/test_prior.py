"""The prior's own draws, refused to a model whose loss never looks at it."""

from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from torch import Tensor

from aelab.loss.mse import MSE
from aelab.loss.term import Term
from aelab.model.autoencoder import Autoencoder, Prior
from aelab.model.latent.deterministic import Deterministic
from aelab.player import Player
from aelab.sampler.prior import Prior as Sampler
from aelab.sampler.prior import regarded

CONF = Path(__file__).parents[2] / "conf"


class Reads(Term):
    def forward(self, z: Tensor, prior: Prior) -> Tensor:  # type: ignore[override]
        return z.sum(1)


class Answers(Term, Player):
    """As an adversarial term does: only the critic sees the prior."""

    def forward(self, z: Tensor) -> Tensor:  # type: ignore[override]
        return z.sum(1)

    def answer(self, z: Tensor, prior: Prior) -> Tensor:  # type: ignore[override]
        return z.sum()


class Twice(Prior):
    """2c, or zeros."""

    def sample(self, n: int, c: Tensor | None = None) -> Tensor:
        return torch.zeros(n, 3) if c is None else 2 * c


def test_a_term_or_its_answer_must_read_the_prior() -> None:
    assert regarded([MSE(), Reads()]) and regarded([Answers()]) and not regarded([MSE()])


def test_one_line_says_what_else_there_is() -> None:
    model = Autoencoder(torch.nn.Identity(), Deterministic(3, "identity", 0.0), Twice(), None)
    assert not list(Sampler().objections(model, [Reads()]))
    (line,) = Sampler().objections(model, [MSE()])
    assert line.endswith("sampler=gaussian_mixture draws from where they lie") and "\n" not in line


def test_draws_are_the_prior_s_given_c() -> None:
    sampler = Sampler()
    model = Autoencoder(torch.nn.Identity(), Deterministic(3, "identity", 0.0), Twice(), None)
    sampler.fit(model, lambda split: pytest.fail("it needs no codes"))
    c = torch.rand(4, 3)
    assert torch.equal(sampler.draw(4, c), 2 * c) and torch.equal(sampler.draw(2), torch.zeros(2, 3))


@pytest.mark.parametrize("path", sorted((CONF / "sampler").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_option_builds_the_class_of_its_name(path: Path) -> None:
    from inspect import Parameter, signature

    from aelab.build import build

    config = OmegaConf.load(path)
    sampler = build(config)
    assert type(sampler).__module__ == f"aelab.sampler.{path.stem}"
    taken = signature(type(sampler)).parameters
    assert {"_target_", *taken} == set(config)
    assert all(parameter.default is Parameter.empty for parameter in taken.values())
