"""The critic: its own optimizer, no gradient across, exact resume, and codes that follow the prior."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import nn
from training import same, trained, weights

from aelab.history import read
from aelab.loss.adversarial import Adversarial
from aelab.model.prior.normal import Normal

AAE = ["loss=[mse,adversarial]", "loss.adversarial.widths=[8]", "callback.checkpoint.monitor=val/mse"]


def term(**settings: Any) -> Adversarial:
    given: dict[str, Any] = {
        "dim": 2,
        "widths": [16],
        "activation": "relu",
        "moves": 1,
        "gradient_penalty": 0.0,
        "noise": 0.0,
        "optimizer": partial(torch.optim.Adam, lr=1e-2),
    }
    return Adversarial(1.0, **(given | settings))


def last(adversarial: Adversarial) -> nn.Linear:
    return cast(nn.Linear, list(adversarial.own.children())[-1])


def test_losses_are_those_of_the_paper() -> None:
    torch.manual_seed(0)
    adversarial, z = term(), torch.randn(50, 2)
    judged = torch.sigmoid(adversarial.own(z)).squeeze(1)
    torch.testing.assert_close(adversarial(z), -judged.log())
    for parameter in last(adversarial).parameters():
        nn.init.zeros_(parameter)
    answer = adversarial.answer(z, Normal(2))
    assert answer.item() == pytest.approx(2 * torch.tensor(2.0).log().item())  # D = 0: cannot tell


def test_the_critic_gets_no_gradient_from_the_nets_nor_they_from_it() -> None:
    adversarial, z = term(), torch.randn(5, 2, requires_grad=True)
    adversarial(z).sum().backward()
    assert z.grad is not None and z.grad.ne(0).any()
    assert all(p.grad is None and p.requires_grad for p in adversarial.own.parameters())
    z.grad = None
    before = [p.clone() for p in adversarial.own.parameters()]
    optimizer = adversarial.make_optimizer(params=adversarial.own.parameters())
    adversarial.move({"z": z, "prior": Normal(2)}, optimizer)
    assert z.grad is None
    assert all(not torch.equal(a, b) for a, b in zip(before, adversarial.own.parameters(), strict=True))


def test_a_critic_learns_to_tell() -> None:
    torch.manual_seed(0)
    adversarial = term(moves=5)
    optimizer = adversarial.make_optimizer(params=adversarial.own.parameters())
    far = {"z": 3 + 0.1 * torch.randn(100, 2), "prior": Normal(2)}
    losses = [adversarial.move(far, optimizer).item() for _ in range(40)]
    assert losses[0] > 1 and losses[-1] < 0.1


def test_every_move_sees_the_one_before_it_in_mixed_precision() -> None:
    """Autocast keeps its copies of weights, which a step leaves behind."""
    torch.manual_seed(0)
    adversarial, z = term(moves=5), torch.randn(100, 2)
    optimizer = adversarial.make_optimizer(params=adversarial.own.parameters())
    with torch.autocast("cpu", torch.bfloat16):
        first = adversarial.answer(3 + z, Normal(2)).item()
        assert adversarial.move({"z": 3 + z, "prior": Normal(2)}, optimizer).item() < 0.97 * first


def test_the_penalty_is_the_squared_slope_on_both_sides() -> None:
    torch.manual_seed(0)
    adversarial = term(widths=[])
    z, w = torch.randn(4, 2), last(adversarial).weight
    torch.manual_seed(1)
    plain = adversarial.answer(z, Normal(2))
    adversarial.gradient_penalty = 0.5
    torch.manual_seed(1)
    punished = adversarial.answer(z.clone(), Normal(2))
    assert (punished - plain).item() == pytest.approx(0.5 * 2 * w.square().sum().item(), rel=1e-5)


def test_who_lets_a_moving_loss_choose_the_weights_is_told(
    aelab: Callable[..., tuple[int, str, str]],
) -> None:
    line = (
        "callback.checkpoint.monitor: 'val/loss' has a player's part, least where that errs most; "
        "callback.checkpoint.monitor=val/mse, or null for the last weights, stands still\n"
    )
    status, _, err = aelab("loss=[mse,adversarial]", "dry_run=true")
    assert (status, err) == (0, line)
    assert aelab(*AAE, "dry_run=true")[2] == ""


def test_a_run_trains_both_and_resumes_exactly(tmp_path: Path) -> None:
    job = trained(tmp_path / "whole", *AAE)
    rows = read(tmp_path / "whole" / "metrics.csv")
    assert {"train/loss.adversarial", "train/answer.adversarial", "val/mse"} <= rows[-1].keys()
    trained(tmp_path / "halves", *AAE, "trainer.max_epochs=1")
    trained(tmp_path / "halves", *AAE, resume=True)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "halves"))
    optimizers = torch.load(tmp_path / "whole/checkpoints/last.ckpt", weights_only=True)["optimizer_states"]
    nets, critic = (sum(len(g["params"]) for g in state["param_groups"]) for state in optimizers)
    assert critic == len(list(job.system.objective.terms["adversarial"].parameters())) == 4
    assert nets == len(list(job.system.model.parameters()))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"moves": 0}, "moves must be at least 1, got 0"),
        ({"dim": -2}, "dim must be at least 1, got -2"),
        ({"widths": [8, -1]}, "widths must be at least 1, got -1"),
        ({"noise": -0.1}, "noise must not be negative, got -0.1"),
        ({"optimizer": partial(torch.optim.Adam, lr=-1.0)}, "Invalid learning rate: -1.0"),
        ({"gradient_penalty": -1.0}, "gradient_penalty must not be negative, got -1.0"),
    ],
)
def test_refuses(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        term(**wrong)
    assert str(caught.value) == said
