"""Grids: planned, checked, told, and gone on with."""

import json
import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from aelab.sweep import plan

SMALL = (
    "dataset.limit=100",
    "trainer=cpu",
    "trainer.max_epochs=1",
    "logger=none",
    "figure=none",
    "baseline=none",
)
Aelab = Callable[..., tuple[int, str, str]]
Refused = Callable[..., list[str]]


def sweep_of(folder: Path) -> Path:
    (sweep,) = folder.glob("outputs/sweeps/*/*")
    return sweep


def cells_of(sweep: Path) -> list[Path]:
    return sorted(path for path in sweep.iterdir() if path.is_dir())


def weights(cell: Path) -> dict[str, torch.Tensor]:
    return torch.load(cell / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


def test_a_grid_is_one_folder_with_a_run_for_each_cell(aelab: Aelab, tmp_path: Path) -> None:
    status, out, err = aelab("-m", *SMALL, "model=mlp,conv", "seed=1,2")
    assert status == 0, err
    sweep = sweep_of(tmp_path)
    here = str(sweep.relative_to(tmp_path))
    assert re.fullmatch(r"outputs/sweeps/\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d-digits-mlp-[0-9a-f]{4}", here)
    names = ["0-model=mlp,seed=1", "1-model=mlp,seed=2", "2-model=conv,seed=1", "3-model=conv,seed=2"]
    assert [cell.name for cell in cells_of(sweep)] == names
    for cell, seed in zip(cells_of(sweep), (1, 2, 1, 2), strict=True):
        assert json.loads((cell / "results.json").read_text())["seed"] == seed
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]
    lines = err.splitlines()
    assert lines[:5] == [f"4 cells over model, seed, in {here}", *(f"  {name}" for name in names)]
    told = [rf"\[{i + 1}/4\] {re.escape(name)}: val/loss [\d.]+, \d+ s" for i, name in enumerate(names)]
    assert all(re.fullmatch(*pair) for pair in zip(told, lines[5:], strict=True))
    assert f"compare      aelab report {here}" in out


def test_a_failed_cell_is_told_and_leaves_the_others(aelab: Aelab, tmp_path: Path) -> None:
    status, out, err = aelab("-m", *SMALL, "optimizer.lr=1e30,1e-3")
    why = "loss.mse became NaN or infinite in stage 'train', epoch 1, step 2."
    assert (status, out) == (1, "") and "Traceback" not in err
    sweep = sweep_of(tmp_path)
    first, second = cells_of(sweep)
    assert [json.loads((c / "status.json").read_text())["status"] for c in (first, second)] == [
        "failed",
        "completed",
    ]
    assert [(c / "results.json").exists() for c in (first, second)] == [False, True]
    lines = err.splitlines()
    assert lines[3].startswith("[1/2] 0-lr=1e+30: failed, " + why) and lines[4].startswith("[2/2] 1-lr=0.001")
    assert lines[5] == "2 cells: 1 failed, 1 completed" and lines[6].startswith(f"  0-lr=1e+30: {why}")
    assert lines[7] == f"aelab resume sweep={sweep.relative_to(tmp_path)} goes on"


def test_fail_fast_starts_no_other(aelab: Aelab, tmp_path: Path) -> None:
    status, _, err = aelab("-m", *SMALL, "optimizer.lr=1e30,1e-3,1e-4", "fail_fast=true")
    assert status == 1 and "3 cells: 1 failed, 2 unfinished" in err
    sweep = sweep_of(tmp_path)
    assert [cell.name for cell in cells_of(sweep)] == ["0-lr=1e+30"]
    status, _, err = aelab("resume", f"sweep={sweep}", "fail_fast=false")
    assert status == 1 and "3 cells: 1 failed, 2 completed" in err


def test_a_dry_grid_says_what_its_cells_are_and_leaves_nothing(aelab: Aelab, tmp_path: Path) -> None:
    status, out, err = aelab("-m", "model.latent.dim=1,2", "seed=0,1", "dry_run=true")
    assert status == 0, err
    one, two = out.split("2-dim=2,seed=0\n3-dim=2,seed=1\n")
    assert one.startswith("0-dim=1,seed=0\n1-dim=1,seed=1\n") and "b × 1\n" in one and "b × 2\n" in two
    assert out.count("dry run: nothing was trained") == 2
    assert list(tmp_path.iterdir()) == []


def test_one_cell_that_cannot_be_built_lets_none_start(refused: Refused) -> None:
    assert refused("-m", *SMALL, "model.latent.dim=2,0", "seed=0,1") == [
        "2-dim=0,seed=0: model.latent: dim must be at least 1, got 0",
        "3-dim=0,seed=1: model.latent: dim must be at least 1, got 0",
    ]


def test_what_is_wrong_with_all_is_said_once(refused: Refused) -> None:
    assert refused("-m", *SMALL, "model.latent.dim=0", "seed=0,1") == [
        "model.latent: dim must be at least 1, got 0"
    ]
    assert refused("-m", *SMALL, "loss=[kl]", "seed=0,1") == [
        "loss.kl reads q; model/latent=gaussian gives a distribution"
    ]


def test_a_grid_without_a_cell_and_one_of_ranges(refused: Refused) -> None:
    assert refused("-m", *SMALL, "model.latent.dim=range(3,3)") == [
        "model.latent.dim: has no value in 'model.latent.dim=range(3,3)', and the grid no cell"
    ]
    assert refused("-m", *SMALL, "optimizer.lr=interval(0.1,1)") == [
        "optimizer.lr: a range is for a search; hydra/sweeper=optuna makes one"
    ]


def test_only_training_takes_many_runs(refused: Refused) -> None:
    assert refused("evaluate", "-m", "run=a,b") == [
        "-m: only training takes many runs at once; aelab evaluate takes one"
    ]


def test_cells_that_differ_in_the_seed_are_built_once(
    aelab: Aelab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aelab import assemble as module

    built = []
    whole = module.assemble
    monkeypatch.setattr(module, "assemble", lambda *given: built.append(given) or whole(*given))
    assert aelab("-m", *SMALL, "model.latent.dim=2,3", "seed=0,1,2", "dry_run=true")[0] == 0
    assert len(built) == 2


def test_long_values_that_begin_alike_have_folders_of_their_own(aelab: Aelab, tmp_path: Path) -> None:
    long = [f"[{','.join(['12'] * 40 + [last])}]" for last in ("3", "4")]
    status, _, err = aelab("-m", *SMALL, f"model.widths={long[0]},{long[1]}", "name=a/b c")
    assert status == 0, err
    first, second = cells_of(sweep_of(tmp_path))
    assert first.name[1:] == second.name[1:] and len(first.name) < 100
    assert (first / "results.json").is_file() and (second / "results.json").is_file()


def test_what_is_missing_is_trained_again_and_the_same(aelab: Aelab, tmp_path: Path) -> None:
    assert aelab("-m", *SMALL, "model.latent.dim=2,3", "seed=0,1")[0] == 0
    sweep = sweep_of(tmp_path)
    first, second, third, fourth = cells_of(sweep)
    undisturbed = {cell: weights(cell) for cell in cells_of(sweep)}
    kept = (first / "results.json").read_bytes()
    shutil.rmtree(second)
    (third / "results.json").unlink()
    (fourth / "results.json").unlink()
    (fourth / "checkpoints" / "last.ckpt").unlink()
    status, _, err = aelab("resume", f"sweep={sweep.relative_to(tmp_path)}")
    assert status == 0, err
    assert err.startswith("4 cells over model.latent.dim, seed, in outputs/")
    assert "; 1 of them are whole\n  1-dim=2,seed=1\n  2-dim=3,seed=0\n  3-dim=3,seed=1\n[2/4] " in err
    assert (first / "results.json").read_bytes() == kept
    for cell, before in undisturbed.items():
        assert (cell / "results.json").is_file()
        after = weights(cell)
        assert all(torch.equal(after[name], before[name]) for name in before)
    assert cells_of(sweep) == [first, second, third, fourth]
    status, _, err = aelab("resume", f"sweep={sweep}")
    assert status == 0 and err.endswith("; 4 of them are whole\n")


def test_folders_that_are_no_sweep_or_another(aelab: Aelab, refused: Refused, tmp_path: Path) -> None:
    assert aelab("-m", *SMALL, "seed=0,1", "hydra.sweep.dir=grid")[0] == 0
    (tmp_path / "empty").mkdir()
    assert refused("resume", "sweep=nowhere") == ["sweep: no folder 'nowhere'"]
    assert refused("resume", "sweep=empty") == ["sweep: 'empty' is no sweep"]
    assert refused("resume", "sweep=grid/0-seed=0") == [
        "sweep: 'grid/0-seed=0' is a run; resume it with run='grid/0-seed=0'"
    ]
    assert refused("resume", "sweep=grid", "seed=3") == [
        "seed=3: a sweep's runs stay as they are; a new one may differ"
    ]
    assert refused("-m", *SMALL, "seed=5,6", "hydra.sweep.dir=grid") == [
        "hydra.sweep.dir: 'grid' holds a sweep; aelab resume sweep='grid' goes on with it"
    ]


def test_many_cells_are_not_all_named(aelab: Aelab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST", 1)
    err = aelab("-m", *SMALL, "seed=0,1,2", "trainer.limit_train_batches=1")[2]
    assert err.splitlines()[1:3] == ["  0-seed=0", "  and 2 more"]


@pytest.mark.skipif(not find_spec("hydra_plugins.hydra_joblib_launcher"), reason="needs aelab[joblib]")
def test_another_launcher_takes_over_without_the_settings_of_the_first(aelab: Aelab, tmp_path: Path) -> None:
    first = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=1")
    status, _, err = aelab("-m", *SMALL, *first, "optimizer.lr=1e30,1e-3", "hydra.sweep.dir=sweep")
    assert status == 1 and "1 failed" in err, err
    shutil.rmtree(tmp_path / "sweep" / "1-lr=0.001")
    status, _, err = aelab("resume", "sweep=sweep", "hydra/launcher=basic")
    assert status == 1 and "2 cells: 1 failed, 1 completed" in err, err
    assert not any(
        "launcher." in text for text in json.loads((tmp_path / "sweep/sweep.json").read_text())["arguments"]
    )
