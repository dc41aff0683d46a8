"""Sweeps on Ray: on this machine alone, and on a cluster that is there already."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from slurm_cluster import free_port
from sweeps import SMALL, cells, same, status, swept, wait

HAS_LAUNCHER = find_spec("ray") and find_spec("hydra_plugins.hydra_ray_launcher")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not HAS_LAUNCHER, reason="needs aelab[ray]"),
]
SHORT = ("-m", *SMALL, "dataset.limit=100", "trainer.max_epochs=2", "seed=0")


def test_cells_on_ray_are_those_here_and_one_that_fails_leaves_the_others(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, launcher in ((here, "basic"), (there, "ray")):
        code, told = swept(folder, *SHORT, f"hydra/launcher={launcher}", "optimizer.lr=1e30,1e-3,1e-4")
        assert code == 1 and "3 cells: 1 failed, 2 completed" in told, told
        failed = cells(folder)[0]
        assert status(failed)["status"] == "failed"
        shutil.rmtree(failed)
    assert len(cells(there)) == 2 and same(here, there)


def test_a_cluster_that_works_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cluster := tmp_path / "cluster").mkdir()
    options = (f"--port={free_port()}", "--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats")
    with TemporaryDirectory(prefix="ray") as files:  # of a short name, as sockets have
        monkeypatch.setenv("RAY_TMPDIR", files)
        command = [Path(sys.executable).with_name("ray"), "start", "--head", "--block", *options]
        with (tmp_path / "log").open("w") as log, subprocess.Popen(command, cwd=cluster, stdout=log) as head:
            try:
                wait((Path(files) / "ray" / "ray_current_cluster").is_file, 60)
                settings = ("hydra/launcher=ray", "hydra.launcher.ray.init.address=auto")
                code, told = swept(tmp_path / "user", *SHORT, *settings, "model.latent.dim=2,3")
            finally:
                head.terminate()
    assert code == 0 and "Connected to Ray cluster" in told, told
    assert len(cells(tmp_path / "user")) == 2 and not any(cluster.iterdir())
