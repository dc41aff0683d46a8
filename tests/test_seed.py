"""Seeds: one for every stream of draws, the same in every process."""

import os
import subprocess
import sys
from itertools import pairwise, product

import pytest
import torch

from aelab.seed import derive, seeder


def test_every_name_has_a_seed_of_its_own() -> None:
    names = list(product(range(20), ("fit", "layer1", "layer2"), ("draws", "order")))
    seeds = {derive(*name) for name in names}
    assert len(seeds) == len(names)
    assert all(0 <= seed < 2**62 for seed in seeds)
    assert max(seeds) > 2**60  # of the whole range
    assert seeds == {derive(*name) for name in names}


def test_streams_of_consecutive_steps_do_not_meet() -> None:
    """A stream's step is added to its seed."""
    seeds = sorted(derive(seed, stage, what) for seed, stage, what in product(range(50), "ab", "cd"))
    assert min(b - a for a, b in pairwise(seeds)) > 10**9


@pytest.mark.parametrize(
    ("one", "other"), [(("ab", "c"), ("a", "bc")), ((1, 2), (2, 1)), ((1,), ("1",)), ((), ("",))]
)
def test_names_are_not_run_together(one: tuple, other: tuple) -> None:
    assert derive(*one) != derive(*other)


def test_is_the_same_in_another_process() -> None:
    """Python's own hash is not."""
    code = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch');"  # it is not needed for this
        "sys.modules['torch'].device = object;"
        "from aelab.seed import derive; print(derive(3, 'fit', 'order'))"
    )
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
        )
        assert int(done.stdout) == derive(3, "fit", "order")


@pytest.mark.parametrize("seed", [0, 12345, derive("any") + 10**6])
def test_seeds_as_manual_seed_does(seed: int) -> None:
    torch.manual_seed(seed)
    expected = torch.rand(5), torch.randn(5), torch.randperm(9)
    torch.rand(3)
    seeder(torch.device("cpu"))(seed)
    for drawn, wanted in zip((torch.rand(5), torch.randn(5), torch.randperm(9)), expected, strict=True):
        assert torch.equal(drawn, wanted)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_seeds_a_gpu_and_the_cpu_as_manual_seed_does(device: str) -> None:
    torch.manual_seed(5)
    expected = torch.rand(5), torch.rand(5, device=device)
    torch.rand(3, device=device)
    seeder(torch.device(device))(5)
    assert torch.equal(torch.rand(5), expected[0]) and torch.equal(torch.rand(5, device=device), expected[1])


def test_an_unknown_device_is_seeded_by_pytorch() -> None:
    assert seeder(torch.device("meta")) is torch.manual_seed
