"""A cell's config is Hydra's own composition, however it was come by."""

from collections.abc import Iterator

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf

from aelab.app import register_resolvers
from aelab.places import conf_dir
from aelab.sweep.compose import Composer

GRIDS = [
    [["seed=0", "model.latent.dim=2"], ["seed=1", "model.latent.dim=5"], ["seed=1", "model.latent.dim=null"]],
    [["loss=[mse]", "seed=0"], ["loss=[bce,kl]", "seed=0"], ["loss=[mse]", "seed=7"]],
    [["model=conv", "optimizer.lr=1e-3"], ["model=conv", "optimizer.lr={_target_: x, start: 1}"]],
    [["experiment=vae", "loss.kl.weight=4"], ["experiment=vae", "loss.kl.weight=0.5"]],
    [["model.widths=[4,3]", "name='a b'"], ["model.widths=[]", "name=c"]],
    [["+optimizer.x=1", "seed=0"], ["+optimizer.x=2", "seed=1"]],
    [["~loss.mse.weight", "seed=0"], ["~loss.mse.weight", "seed=1"]],
    [["seed=0", "hydra.sweep.subdir='0-a b'"], ["seed=1", "hydra.sweep.subdir=1", "hydra.job.name=y"]],
]


@pytest.fixture
def context() -> Iterator[tuple[HydraContext, DictConfig]]:
    GlobalHydra.instance().clear()
    register_resolvers()
    hydra = Hydra.create_main_hydra2("test", create_config_search_path(str(conf_dir())))
    config = hydra.compose_config("config", ["hydra.sweep.dir=here"], RunMode.MULTIRUN)
    assert isinstance(hydra.config_loader, ConfigLoaderImpl)
    yield HydraContext(config_loader=hydra.config_loader, callbacks=None), config  # type: ignore[arg-type]
    GlobalHydra.instance().clear()


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid[0][0])
def test_it_is_hydras(grid: list[list[str]], context: tuple[HydraContext, DictConfig]) -> None:
    composer = Composer(context[0].config_loader, context[1])
    for cell in [*grid, *grid[::-1]]:
        expected = context[0].config_loader.load_sweep_config(context[1], cell)
        found = composer(cell)
        for one in (expected, found):
            one.hydra.job.override_dirname = ""  # of overrides in Hydra's form, which nobody reads
        assert OmegaConf.to_yaml(found) == OmegaConf.to_yaml(expected)
        assert found.hydra.job.name == expected.hydra.job.name


def test_values_alone_are_not_composed_again(context: tuple[HydraContext, DictConfig]) -> None:
    composer = Composer(context[0].config_loader, context[1])
    for seed in range(5):
        assert composer([f"seed={seed}", "model=conv"]).seed == seed
    composer(["seed=0", "model=mlp"])
    assert len(composer.known) == 2
