"""The command line in process: composed from the real configurations, run in a folder of the test's own."""

import copy
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that wait for each other take longer than these nets

import numpy as np
import pytest
from composing import composing
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import DictConfig
from PIL import Image

from aelab.places import conf_dir

SMALL = (
    "dataset.limit=40",
    "dataset.batch_size=16",
    "trainer=cpu",
    "trainer.max_epochs=1",
    "trainer.limit_train_batches=2",
    "logger=none",
    "figure=none",
    "baseline=none",
)
"""Two minibatches, and nothing that is not needed."""


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What runs keep for later ones, they keep in the session's folder, and do not take long to make it."""
    from aelab.reference import training

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "LEAST", 20)
        patch.setenv("AELAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """The files of conf/, which every composition reads some thirty of, are parsed once."""
    Plugins.instance()  # imports all plugins anew: the class that Hydra asks is not the one to import here
    files = SourcesRegistry.instance().resolve("file")
    load, kept = files.load_config, {}

    def load_config(source: ConfigSource, config_path: str) -> ConfigResult:
        if Path(source.path) != conf_dir():
            return load(source, config_path)
        if config_path not in kept:
            kept[config_path] = load(source, config_path)
        return copy.deepcopy(kept[config_path])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "load_config", load_config)
        yield


@pytest.fixture
def composed() -> Callable[..., DictConfig]:
    """composed("model=conv"): the config of a small run, as the command line composes it."""
    return composition


def composition(*overrides: str) -> DictConfig:
    return composing(["name=test", *SMALL, *overrides])  # the default name asks Hydra's own run for it


@pytest.fixture
def train(tmp_path: Path, own_logging: None) -> Callable[..., Path]:
    """train("model=conv"): a small run's folder."""
    return lambda *overrides: trained(tmp_path / "run", *overrides)


def trained(folder: Path, *overrides: str) -> Path:
    from aelab.command.train import train

    (folder / ".hydra").mkdir(parents=True, exist_ok=True)  # Hydra makes it
    train(composition(*overrides), folder, list(overrides))
    return folder


@pytest.fixture
def own_logging() -> Iterator[None]:
    """A run sends messages to its own places; afterwards they go where they went before."""
    with restored_logging():
        yield


@contextmanager
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        for handler in set(root.handlers) - set(handlers):
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)


@pytest.fixture
def aelab(
    tmp_path: Path,
    own_logging: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """aelab("evaluate", "run=x"): (exit status, stdout, stderr) of the command, in the test's own folder."""
    from aelab.cli import main

    terminate = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AELAB_DATA", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def call(*arguments: Any) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["aelab", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leave:
            main()
        out, err = capsys.readouterr()
        return int(leave.value.code or 0), out, err

    yield call
    signal.signal(signal.SIGTERM, terminate)


@pytest.fixture
def refused(aelab: Callable[..., tuple[int, str, str]], tmp_path: Path) -> Callable[..., list[str]]:
    """refused("seed=x"): the lines that the user reads; no more is said, and all files are as they were."""

    def call(*arguments: str) -> list[str]:
        before = files(tmp_path)
        status, out, err = aelab(*arguments)
        assert "Traceback" not in err
        assert (status, out) == (2, ""), err
        assert files(tmp_path) == before
        return err.replace(f"{tmp_path}/", "").splitlines()

    return call


def files(folder: Path) -> dict[Path, bytes | None]:
    """What is there, and what is in it."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test works in its own folder, before a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def finished(tmp_path_factory: pytest.TempPathFactory, name: str, *overrides: str) -> Path:
    """The folder of a run that several tests look at and none changes."""
    with restored_logging():
        return trained(tmp_path_factory.mktemp(name) / "run", "trainer.limit_train_batches=1.0", *overrides)


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noisy images of 8 x 8; its best weights are the first epoch's, its last are the third's."""
    return finished(
        tmp_path_factory,
        "digits",
        "model.widths=[8]",
        "corruption=gaussian",
        "trainer.max_epochs=3",
        "trainer.check_val_every_n_epoch=1",
        "callback.checkpoint.mode=max",
        "figure=[reconstructions,loss_curves]",
        "baseline=pca",
    )


@pytest.fixture(scope="session")
def vectors() -> np.ndarray:
    """[60, 5], features in units of their own"""
    generator = np.random.default_rng(0)
    return generator.normal(size=(60, 5)) * [1, 10, 0.1, 3, 100] + [0, -20, 5, 1, 1000]


@pytest.fixture(scope="session")
def vectors_run(tmp_path_factory: pytest.TempPathFactory, vectors: np.ndarray) -> Path:
    """Standardised rows of a file, through one full layer each way."""
    file = tmp_path_factory.mktemp("table") / "table.npz"
    np.savez(file, x=vectors, y=np.arange(60) % 3)
    return finished(
        tmp_path_factory,
        "vectors",
        "dataset=arrays",
        f"dataset.file='{file}'",
        "dataset.scale=standard",
        "model.widths=[]",
    )


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Colour photos of several sizes in two class folders."""
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for i in range(24):
        path = folder / ("cat", "dog")[i % 2] / f"{i:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (9 + i % 3, 12, 3), np.uint8)).save(path)
    return folder


@pytest.fixture(scope="session")
def photos_run(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    return finished(
        tmp_path_factory,
        "photos_run",
        "dataset=image_folder",
        f"dataset.root='{photos}'",
        "dataset.size=[8,6]",
        "corruption=block",
        "model.widths=[8]",
    )
