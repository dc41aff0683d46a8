"""check: every problem of a config at once, each in one line that names the setting."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from omegaconf import OmegaConf
from torch import nn

from aelab.check import drop_leftovers, drop_unfitting, problems
from aelab.schedule import Number

if TYPE_CHECKING:
    from decimal import Decimal


class Base:
    def __init__(self, dim: int, rate: Number = 0.5) -> None: ...


class Forwarding(Base):
    def __init__(self, kind: Literal["hard", "soft"], **settings: Any) -> None:
        super().__init__(dim=2, **settings)


class Bare(nn.Module):
    """Torch's own constructor takes **kwargs, to refuse them."""


class Holder:
    def __init__(
        self, base: Base | None, call: Callable[[int], int] | None = None, later: "Decimal | None" = None
    ) -> None: ...


def anything(**settings: Any) -> None: ...


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> None:
    """This file as the module `lab`, where configs find its classes."""
    monkeypatch.setitem(sys.modules, "lab", sys.modules[__name__])


def found(schema: Mapping[str, Any] | None = None, **settings: Any) -> list[str]:
    config = OmegaConf.create(settings)
    OmegaConf.set_struct(config, True)
    return problems(config, schema)


LINEAR = {"_target_": "aelab.schedule.Linear", "start": 0.0, "end": 1.0}
BASE = {"_target_": "lab.Base", "dim": 2}


def test_all_problems_come_at_once() -> None:
    assert found(
        {"seed": int, "name": str | None, "dry_run": bool},
        run="???",
        seed="${sed}",
        name=3,
        dry_run="yes",
        model={"_target_": "lab.Base", "dims": 2, "rate": "fast"},
        loss={"kl": {"_target_": "lab.KL"}, "mmd": {"_target_": "lab.Base", "dim": "???"}},
        hydra={"job": "${nope}", "_target_": "nope", "a": "???"},
    ) == [
        "run: must be given",
        "seed: ${sed} names no setting; did you mean 'seed'?",
        "name: takes text or null, got 3",
        "dry_run: takes true or false, got 'yes'",
        "model: Base has no argument 'dims'; did you mean 'dim'?",
        "model: Base needs the argument 'dim' (a whole number)",
        "model.rate: takes a number or a Schedule, got 'fast'",
        "loss.kl._target_: no class 'lab.KL'",
        "loss.mmd.dim: must be given",
    ]


def test_a_valid_config_has_none() -> None:
    scheduled = {**BASE, "rate": LINEAR}
    assert (
        found(
            {"seed": int}, seed=0, a=BASE, b={**BASE, "rate": 1}, c=scheduled, d="${c}", e=["${seed}", None]
        )
        == []
    )


def test_nested_nodes_must_be_of_the_class() -> None:
    holder = {"_target_": "lab.Holder", "base": None}
    child = {"_target_": "lab.Forwarding", "kind": "hard"}
    assert found(part=holder) == []
    assert found(part={**holder, "base": child, "call": {"_target_": "torch.nn.ReLU"}}) == []
    assert found(part={**holder, "base": {"_target_": "lab.anything"}}) == []  # who knows what it returns
    assert found(part={**holder, "base": LINEAR, "call": BASE, "later": 3}) == [
        "part.base: takes a Base or null, got Linear",
        "part.call: takes a function or null, got Base",
    ]
    assert found(part={**holder, "base": "forwarding"}) == [
        "part.base: takes a Base or null, got 'forwarding'; to choose an option write part/base=forwarding"
    ]
    assert found(part={**holder, "base": {"_target_": "lab.Nope"}}) == [
        "part.base._target_: no class 'lab.Nope'"
    ]


def test_the_parents_arguments_where_the_child_forwards() -> None:
    node = {"_target_": "lab.Forwarding", "kind": "hard"}
    assert found(part=node) == []  # dim is given by the child itself
    assert found(part={**node, "rate": LINEAR}) == []
    assert found(part={**node, "rat": 1, "rate": None, "kind": "had"}) == [
        "part: Forwarding has no argument 'rat'; did you mean 'rate'?",
        "part.kind: takes one of hard, soft; got 'had'; did you mean 'hard'?",
        "part.rate: takes a number or a Schedule, got null",
    ]
    assert found(part={"_target_": "lab.Bare", "dim": 3}) == [
        "part: Bare has no argument 'dim'; it takes none"
    ]
    assert found(part={"_target_": "lab.anything", "dim": 3}) == []


def test_what_the_program_supplies_may_be_absent() -> None:
    config = OmegaConf.create({"part": {"_target_": "lab.Base"}})
    assert problems(config, supplied=("dim",)) == []
    assert problems(OmegaConf.create({"part": {"_target_": "lab.Base", "_partial_": True}})) == []
    assert problems(OmegaConf.create({"part": {"_target_": "lab.Base", "_args_": [1]}})) == []


def test_the_schema_reaches_entries_of_groups() -> None:
    schema = {"loss": dict[str, Base], "model.latent": Base}
    assert found(schema, loss={"a": BASE}, model={"latent": BASE}) == []
    assert found(schema, loss={"a": 1, "b": LINEAR, "c": {"weight": 2}}, model={"latent": "gaussian"}) == [
        "loss.a: takes a Base, got 1",
        "loss.b: takes a Base, got Linear",
        "loss.c: takes a Base, got {weight: 2}",
        "model.latent: takes a Base, got 'gaussian'; to choose an option write model/latent=gaussian",
    ]


def test_interpolations() -> None:
    assert found(
        {"n": int},
        n="${m}",
        m="many",
        a="${n.x}",
        b="${oc.env:NOT_SET}/a",
        c="${d}",
        d="${lis}",
        e="${r}",
        r="???",
        f="${nope:1}",
        g="${g}",
        list=["${lis}"],
        none={"_target_": "${lis}"},
    ) == [
        "n: takes a whole number, got 'many' from ${m}",
        "a: ${n.x} names no setting",
        "b: ${oc.env:NOT_SET}/a cannot be resolved: Environment variable 'NOT_SET' not found",
        "c: ${d} leads to 'lis', which names no setting",
        "d: ${lis} names no setting; did you mean 'list'?",
        "r: must be given",
        "f: ${nope:1} cannot be resolved: Unsupported interpolation type nope",
        "g: ${g} cannot be resolved: Recursive interpolation detected",
        "list[0]: ${lis} names no setting; did you mean 'list'?",
        "none._target_: ${lis} names no setting; did you mean 'list'?",
    ]


def test_optimizers() -> None:
    adam = {"_target_": "torch.optim.Adam", "lr": 1e-3, "betas": [0.9, 0.99], "fused": None}
    assert found(optimizer=adam) == []
    assert found(optimizer={**adam, "lr": LINEAR, "weight_decay": LINEAR}) == []
    assert found(optimizer={"_target_": "torch.optim.SGD", "lr": 1, "momentum": 0.9, "nesterov": True}) == []
    assert found(optimizer={**adam, "lr": "fast", "betas": 0.9, "momentum": 0.9, "amsgrad": LINEAR}) == [
        "optimizer: Adam has no argument 'momentum'; it takes lr, betas, eps, weight_decay, amsgrad, "
        "foreach, maximize, capturable, differentiable, fused, decoupled_weight_decay",
        "optimizer.lr: takes a number or a Schedule, got 'fast'",
        "optimizer.betas: takes a list of 2 numbers, got 0.9",
        "optimizer.amsgrad: takes true or false, got Linear",
    ]


def test_lightnings_trainer() -> None:
    trainer = {
        "_target_": "pytorch_lightning.Trainer",
        "max_epochs": 20,
        "accelerator": "auto",
        "devices": "auto",
    }
    csv = {"_target_": "pytorch_lightning.loggers.CSVLogger", "save_dir": "a"}
    more = {
        "precision": "bf16-mixed",
        "devices": [0, 1],
        "limit_train_batches": 0.5,
        "logger": False,
        "max_time": None,
    }
    assert found(trainer=trainer) == []
    assert found(trainer={**trainer, **more}) == []
    assert (
        found(trainer={**trainer, "precision": 16, "devices": 2, "logger": [csv], "deterministic": "warn"})
        == []
    )
    wrong = {
        "max_epochs": "abc",
        "precision": "bf16-mxed",
        "limit_val_batches": "all",
        "logger": [LINEAR],
        "lr": 1,
    }
    assert found(trainer={**trainer, **wrong, "enable_checkpointing": 1, "max_epoch": 3}) == [
        "trainer: Trainer has no argument 'lr'",
        "trainer: Trainer has no argument 'max_epoch'; did you mean 'max_epochs'?",
        "trainer.max_epochs: takes a whole number or null, got 'abc'",
        "trainer.precision: takes one of 64, 32, 16, transformer-engine, transformer-engine-float16, "
        "16-true, 16-mixed, bf16-true, bf16-mixed, 32-true, 64-true, bf16, null; got 'bf16-mxed'; "
        "did you mean 'bf16-mixed'?",
        "trainer.limit_val_batches: takes a number or null, got 'all'",
        "trainer.logger: takes a Logger, a list of Loggers, true, false or null; got [Linear]",
        "trainer.enable_checkpointing: takes true, false or null; got 1",
    ]


def test_the_digits() -> None:
    common: Any = OmegaConf.load(Path(__file__).parent.parent / "conf/dataset/_common.yaml")
    settings: Any = {**common, "_target_": "aelab.dataset.digits.Digits"}
    assert found(dataset=settings) == []
    assert found(dataset={**settings, "batch_size": 6.5, "split": "al", "augment": "flip", "limt": 3}) == [
        "dataset: Digits has no argument 'limt'; did you mean 'limit'?",
        "dataset.batch_size: takes a whole number, got 6.5",
        "dataset.split: takes one of standard, all; got 'al'; did you mean 'all'?",
        "dataset.augment: takes a list (of flip, rotate, shift) or null; got 'flip'",
    ]


def test_leftovers_are_dropped_with_a_notice() -> None:
    config = OmegaConf.create({"loss": {"mse": BASE, "mmd": {"weight": 9.0, "bandwidth": 1}}, "metric": {}})
    OmegaConf.set_struct(config, True)
    assert drop_leftovers(config, ("loss", "metric", "figure")) == [
        "loss.mmd: not selected, its settings (weight, bandwidth) are dropped"
    ]
    assert list(config.loss) == ["mse"] and OmegaConf.is_struct(config.loss)
    assert drop_leftovers(config, ("loss",)) == []


def test_values_are_said_as_yaml() -> None:
    schema = {"seeds": list[int], "split": list[Literal["train", "test"]], "on": list[bool], "text": int}
    assert found(schema, seeds=[1, "a", None], split=["tst"], on={"a": True}, text="long " * 20) == [
        "seeds: takes a list of whole numbers, got [1, 'a', null]",
        "split: takes a list (of train, test); got ['tst']; did you mean 'test'?",
        "on: takes a list of true or false, got {a: true}",
        "text: takes a whole number, got 'long long long long long long long long long long long l...",
    ]


class Wide:
    def __init__(self, widths: list[int], act: str = "relu") -> None: ...


def test_what_an_experiment_set_for_another_option_is_dropped_with_a_notice() -> None:
    def config() -> Any:
        model = {"_target_": f"{__name__}.Wide", "widths": [3], "channels": [4], "kernel": 5}
        return OmegaConf.create({"model": model})

    choice = "model=wide"
    left, said = config(), "model.{}: model=wide has no such argument; dropped"
    assert drop_unfitting(left, ["experiment=vae", choice]) == [
        said.format("channels"),
        said.format("kernel"),
    ]
    assert list(left.model) == ["_target_", "widths"]
    left = config()  # what was typed is for the user to mend
    assert drop_unfitting(left, [choice, "+model.kernel=7"]) == [said.format("channels")]
    assert drop_unfitting(config(), ["experiment=vae", "model.widths=[1]"]) == []
