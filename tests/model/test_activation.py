"""Activations by name, and the output's by name or likelihood."""

from typing import get_args

import pytest
import torch
import torch.nn.functional as F

from aelab.model.activation import MODULES, OUTPUTS, Name, Output, activation, output

X = torch.linspace(-4, 4, 33, dtype=torch.float64)


@pytest.mark.parametrize("name", [name for name in MODULES if name != "identity"])
def test_a_name_is_pytorchs_function_of_that_name(name: str) -> None:
    module = activation(name)
    assert module is not None
    function = getattr(torch, name, None) or getattr(F, name)
    torch.testing.assert_close(module(X), function(X))


def test_the_identity_costs_nothing() -> None:
    assert activation("identity") is None and output("identity", "identity") is None


def test_each_call_makes_a_module_of_its_own() -> None:
    assert activation("relu") is not activation("relu")


def test_what_may_be_written_is_what_there_is() -> None:
    assert set(get_args(Name)) == set(MODULES)
    assert set(get_args(Output)) == {"auto", *OUTPUTS}


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name != "identity"])
def test_an_output_without_a_likelihood_is_what_was_asked_for(name: str) -> None:
    function = output(name, "identity")
    assert function is not None
    reference = getattr(torch, name, None) or getattr(F, name)
    torch.testing.assert_close(function(X), reference(X))


def test_auto_is_the_likelihoods_own() -> None:
    assert output("auto", "identity") is None
    for name in ("auto", "sigmoid"):
        function = output(name, "sigmoid")
        assert function is not None
        torch.testing.assert_close(function(X), 1 / (1 + torch.exp(-X)))


@pytest.mark.parametrize("name", ["tanh", "identity", "relu"])
def test_a_likelihood_takes_no_other_output(name: str) -> None:
    with pytest.raises(ValueError) as caught:
        output(name, "sigmoid")
    assert str(caught.value) == f"output_activation: this likelihood needs sigmoid or auto, got {name}"
