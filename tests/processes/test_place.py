"""Where a process stands, as torchrun and srun tell it."""

import os

import pytest

from aelab.processes import place

SLURM = {
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
    "SLURM_STEP_NODELIST": "node[07,09]",
    "SLURM_JOB_ID": "12345",
}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*place.NAMES, *SLURM):
        monkeypatch.delenv(name, raising=False)


def test_a_process_that_was_started_alone_is_the_first() -> None:
    assert place.rank() == 0 and place.given() == {}


def test_torchrun_says_it_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    told = dict(zip(place.NAMES, ("5", "1", "2", "6", "2", "host", "29500"), strict=True))
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert place.rank() == 5 and place.given() == told


def test_srun_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SLURM.items():
        monkeypatch.setenv(name, value)
    assert place.rank() == 3
    assert place.given() == {
        "RANK": "3",
        "LOCAL_RANK": "1",
        "GROUP_RANK": "1",
        "WORLD_SIZE": "4",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "node07",
        "MASTER_PORT": "17345",
    }


def test_one_task_of_slurm_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a batch script with several tasks, too, which only srun starts."""
    monkeypatch.setenv("SLURM_PROCID", "0")
    monkeypatch.setenv("SLURM_NTASKS", "2")
    assert place.rank() == 0 and place.given() == {}


def test_afterwards_one_stands_where_one_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_ADDR", "elsewhere")
    with place.at(place.first(3)):
        assert os.environ["WORLD_SIZE"] == "3" and os.environ["MASTER_ADDR"] == "127.0.0.1"
        assert place.rank() == 0 and place.given()["RANK"] == "0"
    assert os.environ["MASTER_ADDR"] == "elsewhere" and "WORLD_SIZE" not in os.environ
