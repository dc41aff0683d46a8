"""The command line: `aelab [overrides]` trains, `aelab <command>` does the rest."""

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module

from aelab.pipe import Pipe

COMMANDS = ("train", "resume", "evaluate", "reconstruct", "encode", "sample", "draw", "report", "list")


def main() -> None:
    """Run the command that the first word names, else train; heavy imports wait until it is known."""
    argv = sys.argv[1:]
    command = "train"
    if argv and argv[0] in COMMANDS:
        command, *argv = argv
    if argv[:1] == ["--version"]:
        command = "version"
    if command == "train" and {"-h", "--help"} & set(argv):
        command = "help"
    with redirect_stdout(Pipe(sys.stdout)), redirect_stderr(Pipe(sys.stderr)):
        try:
            sys.exit(run(command, argv))
        finally:
            sys.stdout.flush()


def run(command: str, argv: list[str]) -> int:
    """The command's exit status."""
    from aelab.errors import UserError, suggest

    try:
        if argv and command == "train" and argv[0].isidentifier():
            hint = suggest(argv[0], COMMANDS) or f"; commands are {', '.join(COMMANDS)}"
            raise UserError(f"{argv[0]}: is no command, and a setting has a '='{hint}")
        return import_module(f"aelab.command.{command}").main(argv)
    except UserError as error:
        if "HYDRA_FULL_ERROR" in os.environ:
            raise
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
