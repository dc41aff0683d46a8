"""build: nested nodes, live arguments, and every refusal in one line."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn

from aelab.build import build, locate
from aelab.errors import UserError


class Inner:
    def __init__(self, size: int = 1) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        self.size = size


class Outer:
    def __init__(self, inner: Any = None, other: Any = None, options: Any = None, live: Any = None) -> None:
        self.inner, self.other, self.options, self.live = inner, other, options, live


class Forwarding(Inner):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)


class MisconfigurationException(Exception):
    """Named as Lightning's."""


def refuse(kind: str) -> None:
    refusals = {
        "user": UserError("dataset.root: no folder"),
        "lightning": MisconfigurationException("no\n  GPU"),
    }
    raise refusals.get(kind, RuntimeError("a bug"))


CONSTANT = 3


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> None:
    """This file as the module `lab`, where configs find its classes."""
    monkeypatch.setitem(sys.modules, "lab", sys.modules[__name__])


def config(**settings: Any) -> DictConfig:
    made = OmegaConf.create(settings)
    OmegaConf.set_struct(made, True)  # as Hydra composes it
    return made


def lines(node: Any, **extra: Any) -> tuple[str, ...]:
    with pytest.raises(UserError) as caught:
        build(node, **extra)
    return caught.value.problems


INNER = {"_target_": "lab.Inner", "size": "${size}"}


def test_nested_nodes_are_objects_and_containers_plain() -> None:
    c = config(
        size=4, part={"_target_": "lab.Outer", "inner": INNER, "options": {"a": [1, INNER], "b": {"c": None}}}
    )
    part = build(c.part)
    assert type(part) is Outer and type(part.inner) is Inner and part.inner.size == 4
    assert type(part.options) is dict and type(part.options["a"]) is list and part.options["b"] == {"c": None}
    assert part.options["a"][0] == 1 and part.options["a"][1].size == 4


def test_a_mapping_of_nodes_becomes_a_dict() -> None:
    c = config(size=2, loss={"a": INNER, "b": {"_target_": "lab.Inner"}}, empty={})
    built = build(c.loss)
    assert {name: one.size for name, one in built.items()} == {"a": 2, "b": 1}
    assert build(c.empty) == {} and build(None) is None


def test_extra_arguments_are_handed_over_as_they_are() -> None:
    net, parameters = nn.Linear(2, 2), iter(())
    part = build(config(part={"_target_": "lab.Outer", "other": 1}).part, inner=net, live=parameters)
    assert part.inner is net and part.live is parameters and part.other == 1


def test_extra_replaces_a_setting_without_building_it() -> None:
    c = config(part={"_target_": "lab.Outer", "inner": {"_target_": "lab.Inner", "size": 0}})
    assert build(c.part, inner=5).inner == 5


def test_an_optimizer_gets_live_parameters() -> None:
    net = nn.Linear(2, 2)
    node = config(optimizer={"_target_": "torch.optim.Adam", "lr": 0.5, "betas": [0.5, 0.9]}).optimizer
    optimizer = build(node, params=net.parameters())
    assert optimizer.param_groups[0]["params"][0] is net.weight and optimizer.defaults["betas"] == (0.5, 0.9)


def test_partial_is_pythons_own() -> None:
    """Hydra's own takes 90 us a call."""
    node = config(part={"_target_": "lab.Outer", "_partial_": True, "other": {"_target_": "lab.Inner"}}).part
    part = build(node, live=1)
    assert type(part) is functools.partial and part.func is Outer
    assert part(inner=2).inner == 2 and part().live == 1 and type(part().other) is Inner
    inside = build(
        config(part={"_target_": "lab.Outer", "inner": {"_target_": "lab.Inner", "_partial_": True}}).part
    )
    assert type(inside.inner) is functools.partial


def test_positional_arguments() -> None:
    assert build(config(part={"_target_": "lab.Inner", "_args_": [3]}).part).size == 3


def test_a_refusal_names_the_node_that_refused() -> None:
    bad = {"_target_": "lab.Inner", "size": -1}
    c = config(corruption={"gaussian": bad}, part={"_target_": "lab.Outer", "inner": bad, "options": [bad]})
    assert lines(c.corruption.gaussian) == ("corruption.gaussian: size must be at least 1, got -1",)
    assert lines(c.part) == (
        "part.inner: size must be at least 1, got -1",
        "part.options[0]: size must be at least 1, got -1",
    )
    assert lines(OmegaConf.create(bad)) == ("size must be at least 1, got -1",)
    with pytest.raises(UserError) as caught:
        build(c.corruption.gaussian)
    assert isinstance(caught.value.__cause__, ValueError)


def test_problems_of_siblings_come_together() -> None:
    c = config(
        loss={"a": {"_target_": "lab.Inner", "size": 0}, "b": {"_target_": "lab.Nope"}, "c": "${none}"}
    )
    assert lines(c.loss) == (
        "loss.a: size must be at least 1, got 0",
        "loss.b._target_: no class 'lab.Nope'",
        "loss.c: ${none} names no setting",
    )


@pytest.mark.parametrize(
    ("node", "line"),
    [
        ({"_target_": "lab.refuse", "kind": "user"}, "dataset.root: no folder"),
        ({"_target_": "lab.refuse", "kind": "lightning"}, "part: no GPU"),
        ({"_target_": "lab.refuse"}, "part: missing 1 required positional argument: 'kind'"),
        ({"_target_": "lab.Forwarding", "sise": 2}, "part: got an unexpected keyword argument 'sise'"),
        ({"_target_": "lab.Inner", "size": "???"}, "part.size: must be given"),
        ({"_target_": "lab.Inner", "size": "${oc.env:NOT_SET}"},
         "part.size: ${oc.env:NOT_SET} cannot be resolved: Environment variable 'NOT_SET' not found"),
    ],
)  # fmt: skip
def test_every_refusal_is_one_line(node: dict, line: str) -> None:
    (found,) = lines(config(part=node).part)
    assert found.partition(". Did you mean")[0] == line  # Python 3.13 adds a suggestion of its own


def test_a_blocked_target_is_one_line() -> None:
    (line,) = lines(config(part={"_target_": "os.kill"}).part)
    assert line.startswith("part._target_: Target 'os.kill' is blocklisted") and "\n" not in line


def test_other_errors_are_bugs_and_keep_their_trace() -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        build(config(part={"_target_": "lab.refuse", "kind": "bug"}).part)
    with pytest.raises(TypeError, match="unexpected keyword argument 'shape'"):
        build(config(part={"_target_": "lab.Inner"}).part, shape=(1,))


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("aelab.dataset.digits.Digit", "no class 'aelab.dataset.digits.Digit'; did you mean 'Digits'?"),
        ("aelab.dataset.digit.Digits", "no class 'aelab.dataset.digit.Digits'; did you mean 'digits'?"),
        ("aelab.schedule.Step", "no class 'aelab.schedule.Step'; aelab.schedule has Clock, Cosine, "
                                "Exponential, Linear, Schedule, numbers, settle"),
        ("mymodels.Mine", "no class 'mymodels.Mine'; no module 'mymodels' is installed or in this folder"),
        ("aelab.trace", "'aelab.trace' is a module, not a class; aelab.trace has Trace, is_of_rows"),
        ("lab.CONSTANT", "'lab.CONSTANT' is int, not a class"),
        ("lab.Inner.nope", "no class 'lab.Inner.nope'"),
        (".relative", "takes the dotted name of a class, got '.relative'"),
        (None, "takes the dotted name of a class, got null"),
    ],
)  # fmt: skip
def test_locate_says_what_is_there(target: Any, line: str) -> None:
    with pytest.raises(UserError) as caught:
        locate(target)
    assert caught.value.problems == (line,)


def test_locate_finds_classes_functions_and_methods() -> None:
    assert locate("lab.Inner") is Inner and locate("torch.nn.functional.relu") is nn.functional.relu
    found: Callable[..., Any] = locate("torch.Tensor.abs")
    assert found is torch.Tensor.abs


def test_a_file_that_fails_to_import_says_why(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "needs_more.py").write_text("import absent_package\n")
    (tmp_path / "broken.py").write_text("1 / 0\n")
    c = config(a={"_target_": "needs_more.Mine"}, b={"_target_": "broken.Mine"})
    assert lines(c.a) == ("a._target_: cannot import 'needs_more': No module named 'absent_package'",)
    assert lines(c.b) == ("b._target_: cannot import 'broken': ZeroDivisionError: division by zero",)
