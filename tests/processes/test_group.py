"""What processes tell each other, in two real ones."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from aelab.loss.kl_sparsity import KLSparsity
from aelab.loss.mmd import mmd
from aelab.processes import group

PROCESS = """
import sys
import torch
import torch.distributed as dist
from aelab.loss.kl_sparsity import KLSparsity
from aelab.loss.mmd import mmd
from aelab.processes import group

rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
z, w, prior = torch.load(f"{folder}/given.pt")
mine = z[rank::2]

def of(loss):
    weight = torch.nn.Parameter(w.clone())
    value = loss(torch.sigmoid(mine @ weight))
    value.backward()
    group.average_gradients([weight, torch.nn.Parameter(torch.ones(3))])
    return value.detach(), weight.grad

term = KLSparsity(0.2, 1.0)
told = {
    "gathered": group.gathered(mine),
    "sparsity": of(term),
    "mmd": of(lambda code: mmd(group.gathered(code), prior, "imq", [2.0])),
    "alone": term.eval()(torch.sigmoid(mine @ w)) if rank == 0 else None,  # must not wait for the other
    "greatest": group.greatest(3 - rank),
    "first": group.from_first(f"of {rank}"),
}
layer = torch.nn.BatchNorm1d(3)
layer.running_mean += rank + 1
group.level(layer)
torch.save({**told, "level": layer.running_mean}, f"{folder}/{rank}.pt")
dist.barrier()
dist.destroy_process_group()
"""


def random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


Z, W, PRIOR = random(8, 3), random(3, 4), random(8, 4)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("group")
    torch.save((Z, W, PRIOR), folder / "given.pt")
    command = [sys.executable, "-c", PROCESS]
    started = [subprocess.Popen([*command, str(rank), str(folder)]) for rank in (0, 1)]
    assert [process.wait(120) for process in started] == [0, 0]
    return [torch.load(folder / f"{rank}.pt") for rank in (0, 1)]


def test_rows_come_in_the_order_of_the_whole_minibatch(told: list[dict[str, Any]]) -> None:
    assert all(torch.equal(one["gathered"], Z) for one in told)


@pytest.mark.parametrize("name", ["sparsity", "mmd"])
def test_a_statistic_and_its_gradient_are_those_of_one_process(name: str, told: list[dict[str, Any]]) -> None:
    weight = torch.nn.Parameter(W.clone())
    code = torch.sigmoid(Z @ weight)
    value = KLSparsity(0.2, 1.0)(code) if name == "sparsity" else mmd(code, PRIOR, "imq", [2.0])
    value.backward()
    for one in told:
        torch.testing.assert_close(one[name][0], value.detach())
        torch.testing.assert_close(one[name][1], weight.grad)


def test_in_use_a_process_scores_its_rows_alone(told: list[dict[str, Any]]) -> None:
    expected = KLSparsity(0.2, 1.0)(torch.sigmoid(Z[::2] @ W))
    torch.testing.assert_close(told[0]["alone"], expected)


def test_what_all_agree_on(told: list[dict[str, Any]]) -> None:
    assert [one["greatest"] for one in told] == [3, 3]
    assert [one["first"] for one in told] == ["of 0", "of 0"]
    assert all(torch.equal(one["level"], torch.ones(3)) for one in told)


def test_alone_nothing_is_said() -> None:
    assert group.gathered(Z) is Z and group.averaged(Z) is Z
    assert group.greatest(3) == 3 and group.from_first("mine") == "mine" and not group.several()
