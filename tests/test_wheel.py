"""The built wheel in a fresh environment, used elsewhere with a user's own configurations and classes."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OWN_CLASS = """
from torch import Tensor

from aelab.loss.term import Term


class Cubic(Term):
    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return (x - x_hat).abs().pow(3).flatten(1).sum(1)  # [b]
"""


def call(*command: object, folder: Path) -> str:
    """What it wrote; a failed command fails the test with what it said."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=clean, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `aelab` of an environment with the wheel in it; what it needs comes from the environment here."""
    source, environment = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("environment")
    for name in ("aelab", "conf"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", source, folder=source)
    (wheel,) = (source / "dist").glob("aelab-*.whl")
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    call(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        wheel,
        folder=source,
    )
    (packages,) = environment.glob("lib/python*/site-packages")
    # a path alone: the .pth files there, this source tree's among them, are not followed
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    shutil.rmtree(source)
    return environment / "bin" / "aelab"


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    where = call(installed.with_name("python"), "-c", "import aelab; print(aelab.__file__)", folder=tmp_path)
    assert Path(where).is_relative_to(installed.parents[1])


def test_it_answers(installed: Path, tmp_path: Path) -> None:
    assert call(installed, "--version", folder=tmp_path).startswith("aelab ")
    listed = call(installed, "list", folder=tmp_path)
    for group in {path.parent.relative_to(ROOT / "conf") for path in ROOT.glob("conf/*/**/*.yaml")}:
        assert f"\n{group} " in f"\n{listed}"


def test_it_trains_with_a_users_own_configuration_and_class(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / "loss").mkdir(parents=True)
    (tmp_path / "mine" / "loss" / "cubic.yaml").write_text(
        "# |x − x̂|³\ncubic: {_target_: own.Cubic, weight: 2.0}\n"
    )
    (tmp_path / "own.py").write_text(OWN_CLASS)
    listed = call(installed, "list", "loss", "--config-dir", "mine", folder=tmp_path)
    assert "cubic+" in listed and "|x − x̂|³" in listed
    out = call(
        installed, "--config-dir", "mine", "trainer=debug", "loss=[mse,cubic]", "logger=none", folder=tmp_path
    )
    assert "test/loss.cubic" in out
    (run,) = tmp_path.glob("outputs/*/*")
    assert (run / "results.json").is_file()
    assert "1 completed" in call(installed, "report", "outputs", folder=tmp_path)
    page = (tmp_path / "outputs/report.html").read_text(encoding="utf-8")
    assert "function learning()" in page and "prefers-color-scheme" in page  # its script and style came along
