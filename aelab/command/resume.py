"""`aelab resume run=DIR [setting=value]`: go on with an interrupted run, or longer with a finished one.

`aelab resume sweep=DIR`: the runs of a sweep that are missing, failed or interrupted.
"""

import sys
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser

from aelab.app import concluding
from aelab.errors import UserError
from aelab.grammar import literal

HELP = """Go on with a run from its last checkpoint: an interrupted one to its end, a finished one for longer.

  aelab resume run=outputs/2026-01-31/12-00-00-digits-mlp-3f2a
  aelab resume run=DIR trainer.max_epochs=200
  aelab resume sweep=outputs/sweeps/2026-01-31/12-00-00-digits-mlp-9c0e
  aelab resume sweep=DIR hydra/launcher=joblib

An interrupted run ends with the weights and metrics it would have had undisturbed. Of a sweep, the runs go on
that are missing, failed or interrupted, in the order and with the settings that they have; where they are
trained may change (hydra/launcher=...).
"""


def main(argv: list[str]) -> int:
    if {"-h", "--help"} & set(argv):
        sys.stdout.write(HELP)
        return 0
    if any(text.startswith("sweep=") for text in argv):
        return resume_sweep(argv)
    return concluding(lambda: resume_run(argv))


def resume_sweep(argv: list[str]) -> int:
    """As the command that began it, in the folder that it has; the exit status."""
    from aelab.command import train
    from aelab.grammar import quoted
    from aelab.sweep.told import arguments_of

    (place,) = (text.partition("=")[2] for text in argv if text.startswith("sweep="))
    changed = [text for text in argv if not text.startswith("sweep=")]
    if others := [text for text in changed if not text.startswith(("hydra", "fail_fast="))]:
        raise UserError(
            *(f"{text}: a sweep's runs stay as they are; a new one may differ" for text in others)
        )
    folder = str(Path(place))
    own = [quoted("hydra.sweep.dir", folder), "hydra.sweeper.resume=true"]
    return train.main(["-m", *kept(arguments_of(Path(folder)), changed), *changed, *own])


def kept(arguments: list[str], changed: list[str]) -> list[str]:
    """What a sweep was asked for, but its launcher and the launcher's settings where another one is given."""
    if not any(text.startswith("hydra/launcher=") for text in changed):
        return arguments
    return [
        text for text in arguments if not text.lstrip("+~").startswith(("hydra/launcher", "hydra.launcher"))
    ]


def resume_run(argv: list[str]) -> None:
    from aelab.command.train import train
    from aelab.run import Run

    parsed = OverridesParser.create().parse_overrides([literal(text) for text in argv])
    given = {str(override.key_or_group): override for override in parsed}
    if "run" not in given:
        raise UserError("run: must be given, run=DIR")
    folder = Path(str(given["run"].value()))
    changed = [text for text in argv if not text.startswith("run=")]
    run = Run(folder, overrides=changed)
    before = (run.results or {}).get("overrides") or overrides_of(folder)
    train(run.config, folder.absolute(), [*before, *changed], resume=True)


def overrides_of(folder: Path) -> list[str]:
    """What the run was started with."""
    from omegaconf import OmegaConf

    path = folder / ".hydra" / "overrides.yaml"
    return [str(text) for text in OmegaConf.load(path)] if path.is_file() else []
