"""joblib's processes, in which cells of a sweep train: started early, and composing once what cells share."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf

from aelab.garbage import unsearched
from aelab.sweep.compose import Composer


@contextmanager
def early(config: DictConfig) -> Iterator[None]:
    """While a plan is made, joblib's processes start and import what every run needs.

    They are those that the launcher will find: joblib keeps one pool, and asks for it with these settings.
    """
    launcher = config.hydra.launcher
    if config.hydra.runtime.choices["hydra/launcher"] != "joblib" or config.dry_run:
        yield
        return
    settings: Any = OmegaConf.to_container(launcher, resolve=True)
    del settings["_target_"]
    threading.Thread(target=start, args=(settings,), daemon=True).start()
    try:
        yield
    finally:  # they have nothing that would have to be put away
        from joblib.externals.loky import reusable_executor

        if (executor := reusable_executor._executor) is not None:
            executor.shutdown(kill_workers=True)


def start(settings: dict[str, Any]) -> None:
    from joblib import Parallel, delayed, effective_n_jobs

    jobs = effective_n_jobs(settings["n_jobs"])
    Parallel(**{**settings, "backend": "loky"})(delayed(prepare)() for _ in range(jobs))


def prepare() -> None:
    """In a process of the pool."""
    with unsearched():
        import aelab.fitting
        import aelab.results  # noqa: F401


def shared(context: HydraContext) -> HydraContext:
    """The context for a launcher whose processes train one cell after another."""
    loader = cast(ConfigLoader, Shared(context.config_loader))
    return HydraContext(config_loader=loader, callbacks=context.callbacks)


class Shared:
    """Hydra's config loader, in place of which a Composer composes cells, one in each process for a sweep."""

    def __init__(self, loader: ConfigLoader) -> None:
        self.loader = loader

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: Sequence[str]) -> DictConfig:
        sweep = str(master_config.hydra.sweep.dir)
        if sweep not in composers:
            composers.clear()
            composers[sweep] = Composer(self.loader, master_config)
        return composers[sweep](sweep_overrides)


composers: dict[str, Composer] = {}
"""The sweep's folder -> what composes its cells, in this process."""
