"""Cores shared out and cards dealt round."""

import os
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from threadpoolctl import threadpool_info

from aelab.sweep import share


@pytest.mark.parametrize(("cores", "jobs", "each"), [(8, 2, 4), (8, 3, 2), (2, 2, 1), (2, 5, 1), (4, 1, 4)])
def test_cores_are_shared_out(cores: int, jobs: int, each: int) -> None:
    assert share.threads(cores, jobs) == each


def test_a_slurm_jobs_cores_are_what_it_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    here = len(os.sched_getaffinity(0))
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    assert share.cores() == 1
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", str(here + 7))
    assert share.cores() == here
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")  # it asked for no number, and was given some
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(16))
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "6")
    assert share.cores() == 6
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "2")
    assert share.cores() == 3


@pytest.mark.parametrize(
    ("devices", "number", "gpus", "given"),
    [
        (1, 0, 4, [0]),
        (1, 5, 4, [1]),
        (2, 1, 4, [2, 3]),
        (2, 2, 3, [1, 2]),
        (1, 3, 1, 1),  # there is no other
        (4, 1, 4, 4),  # all of them
        ([3], 0, 4, [3]),  # by name
        (-1, 2, 4, -1),
        ("auto", 2, 4, "auto"),
    ],
)
def test_cards_are_dealt_round(devices: Any, number: int, gpus: int, given: Any) -> None:
    assert share.dealt(devices, number, gpus) == given


def test_a_cell_takes_its_share_while_it_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "cores", lambda: 6)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    config = OmegaConf.create({"trainer": {"accelerator": "auto", "devices": 1}})
    before = torch.get_num_threads()
    torch.set_num_threads(6)
    try:
        with share.shared(config, {"n_jobs": 3}, 1):
            assert torch.get_num_threads() == 2 and config.trainer.devices == [1]
            assert all(pool["num_threads"] <= 2 for pool in threadpool_info())
        assert torch.get_num_threads() == 6
        torch.set_num_threads(1)  # as the user wished
        with share.shared(config, {"n_jobs": 3}, 1):
            assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_one_after_the_other_has_the_whole_machine() -> None:
    assert share.at_once({}) == 1 and share.at_once({"n_jobs": 4}) == 4
    assert share.at_once({"n_jobs": -1}) == share.cores()
    config: Any = SimpleNamespace(trainer=SimpleNamespace(accelerator="auto", devices=1))
    with share.shared(config, {}, 3):
        assert config.trainer.devices == 1
