"""A command as a Hydra application: composed, checked, and ended with an exit status that means something."""

import io
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.hydra import Hydra
from hydra.errors import (
    CompactHydraException,
    ConfigCompositionException,
    HydraException,
    OverrideParseException,
    SearchPathException,
)
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from aelab.errors import UserError
from aelab.grammar import chooses, literal, malformed, name_of_run
from aelab.interrupt import Interrupted, leave
from aelab.places import conf_dir

USER, REJECTED = 2, -1
"""Exit statuses: the user's settings are wrong; the same, said by Hydra while it composed."""


caught: list[CompactHydraException] = []
"""What the task of this application was refused or failed by."""


def application(task: Callable[[DictConfig], Any], name: str, argv: list[str]) -> int:
    """Compose `conf/<name>.yaml` with the overrides and run the task on it; the exit status.

    Of a sweep it is Hydra's sweeper that runs it.
    """
    if (many := {"-m", "--multirun"} & set(argv)) and name != "config":
        raise UserError(f"{many.pop()}: only training takes many runs at once; aelab {name} takes one")
    register_resolvers()
    if name != "config":
        argv = [literal(text) for text in argv]
    sys.argv = [sys.argv[0], *argv]  # the program's own name stays: Lightning starts other processes by it
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # a user's own classes in the folder they work in
    caught.clear()

    def guarded(config: DictConfig) -> Any:
        with speaking():
            return task(config)

    run = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=name)(guarded)
    get_mode = Hydra.get_mode
    if not any(text.startswith(("-", "hydra.")) for text in argv):
        # it composes everything once more to look for hydra.mode, which nobody can have set here
        Hydra.get_mode = lambda *_, **__: None
    try:
        with terminal.held():  # what Hydra says of a composition may be said better
            status = concluding(run, caught)
    except OmegaConfBaseException as error:  # in the name of the folder, which Hydra makes
        terminal.said = f"{str(error).splitlines()[0]}\n"
        status = USER
    finally:
        Hydra.get_mode = get_mode
    said = terminal.said
    if status == REJECTED:
        said = advice(said, name, argv) or said.partition("\nSet the environment variable")[0]
    sys.stderr.write(said)
    return USER if status == REJECTED else status


def register_resolvers() -> None:
    """What `${aelab.…:}` in the configurations calls."""
    OmegaConf.register_new_resolver("aelab.name", name_of_run, replace=True)
    first: dict[str, str] = {}  # a sweep's folder keeps one name, whatever its cells choose
    OmegaConf.register_new_resolver("aelab.kept", lambda text: first.setdefault("name", text), replace=True)
    # kept, so that all that asks in one run gets one answer
    OmegaConf.register_new_resolver(
        "aelab.unique", lambda: secrets.token_hex(2), use_cache=True, replace=True
    )


class Terminal:
    """stderr, held back while Hydra composes.

    said: what it would have said.
    """

    def __init__(self) -> None:
        self.stderr: Any = None
        self.said = ""

    @contextmanager
    def held(self) -> Iterator[None]:
        held = io.StringIO()
        self.stderr, sys.stderr = sys.stderr, held
        try:
            yield
        finally:
            sys.stderr, self.said = self.stderr, held.getvalue()

    def release(self) -> None:
        """What was composed so far was right; from now on messages go to the terminal."""
        sys.stderr = self.stderr or sys.stderr


terminal = Terminal()


@contextmanager
def speaking() -> Iterator[None]:
    """The composition is done: let messages through, and keep errors out of Hydra's hands, which would add
    words."""
    terminal.release()
    try:
        yield
    except CompactHydraException as error:
        if "HYDRA_FULL_ERROR" in os.environ:
            raise
        caught.append(error)
    except PermissionError as error:
        if "HYDRA_FULL_ERROR" in os.environ or error.filename is None:
            raise
        where = f"'{error.filename}' cannot be read or written"
        caught.append(CompactHydraException(f"{where} ({error.strerror})"))


def concluding(run: Callable[[], Any], caught: Sequence[Exception] = ()) -> int:
    """Run it to its exit status; what the user did wrong is said without a traceback.

    2: the user's settings are wrong, and nothing was begun. 1: the run failed. 128 + n: signal n.
    """
    signal.signal(signal.SIGTERM, leave)
    try:
        run()
        if caught:
            raise caught[0]
    except Interrupted as stop:
        sys.stderr.write(f"{stop}\n")
        return stop.status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except UserError as error:
        if "HYDRA_FULL_ERROR" in os.environ:
            raise
        sys.stderr.write(f"{error}\n")
        return USER
    except CompactHydraException as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except SystemExit as exit_:  # from Hydra, which has said what it caught
        if isinstance(
            exit_.__context__, ConfigCompositionException | OverrideParseException | SearchPathException
        ):
            return REJECTED
        return USER if isinstance(exit_.__context__, UserError) else int(exit_.code or 0)
    return 0


def advice(error: str, name: str, argv: Sequence[str]) -> str:
    """What Hydra said, with what the user may have meant, and the same of every other argument.

    A line each; empty where it is not understood.
    """
    from aelab.hint import hint
    from aelab.setting import names

    right: list[str] = []
    wrong: dict[str, str] = {}  # argument -> what Hydra says of it after those that are right
    given = [one for one in argv if not one.startswith("-")]
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        plain = chosen = hydra.compose(name)
        for one in sorted(given, key=lambda one: not chooses(one, conf_dir())):  # options bring settings
            try:
                chosen = hydra.compose(name, [*right, one])
                right.append(one)
            except HydraException as found:
                wrong[one] = str(found)
    if any(one.startswith("--config-dir") for one in argv):  # in which more may be right than is known here
        wrong = {}
    groups = [one for one in options(conf_dir()) if name == "config" or one.partition("/")[0] in chosen]
    known, free = [*names(chosen), *groups], [*names(plain)]
    lines = [hint(error, known, free)]
    lines += [hint(wrong[one], known, free) or malformed(one, name) for one in given if one in wrong]
    return "".join(f"{line}\n" for line in dict.fromkeys(filter(None, lines)))


def options(conf: Path) -> list[str]:
    """`loss/kl`: the options of every group."""
    return [
        str(path.relative_to(conf).with_suffix("")) for path in conf.rglob("*.yaml") if path.parent != conf
    ]
