"""A command as a Hydra application: composed, checked, and ended with an exit status that means something."""

import re
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import hydra
from hydra.errors import ConfigCompositionException, HydraException
from omegaconf import DictConfig, OmegaConf

from aelab.errors import UserError
from aelab.interrupt import Interrupted


def conf_dir() -> Path:
    """The configurations: inside the installed package, or beside it in the source tree."""
    here = Path(__file__).resolve().parent
    for folder in (here / "conf", here.parent / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise SystemExit("aelab: its configurations are missing; install it again")


def slug(overrides: Sequence[str]) -> str:
    """A folder name from what was overridden: `dim=2,seed=0`."""
    short = [re.sub(r"^.*\.(?=[^=]*=)", "", str(override)) for override in overrides]
    return re.sub(r"[^\w.=,+-]+", "_", ",".join(short))[:80] or "default"


def application(task: Callable[[DictConfig], Any], name: str, argv: list[str]) -> int:
    """Compose `conf/<name>.yaml` with the overrides and run the task on it; the exit status.

    2: the user's settings are wrong, and nothing was begun. 1: the run failed. 128 + n: signal n.
    """
    OmegaConf.register_new_resolver("aelab.slug", slug, replace=True)
    # kept, so that all that asks in one run gets one answer
    OmegaConf.register_new_resolver("aelab.unique", lambda: secrets.token_hex(2), use_cache=True, replace=True)
    sys.argv = ["aelab" if name == "config" else f"aelab {name}", *argv]
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # a user's own classes in the folder they work in
    signal.signal(signal.SIGTERM, terminate)
    run = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=name)(task)
    try:
        run()
    except Interrupted as stop:
        sys.stderr.write(f"{stop}; aelab resume run=DIR goes on\n")
        return stop.status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SystemExit as leave:
        cause = leave.__context__
        if isinstance(cause, ConfigCompositionException | HydraException) and not isinstance(cause, UserError):
            advise(str(cause), name)
            return 2
        return 2 if isinstance(cause, UserError) else int(leave.code or 0)
    return 0


def terminate(number: int, frame: FrameType | None) -> None:
    """SIGTERM outside the training: leave at once, cleaning up on the way."""
    raise Interrupted(number)


def advise(error: str, name: str) -> None:
    """Under what Hydra said, what the user may have meant."""
    from hydra import compose

    from aelab.hint import hint
    from aelab.setting import names

    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        known = list(names(compose(name)))
    if line := hint(error, known):
        sys.stderr.write(line + "\n")
