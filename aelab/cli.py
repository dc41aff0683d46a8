"""The command line: `aelab [overrides]` trains, `aelab <command>` does the rest."""

import atexit
import os
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module

from aelab.pipe import Pipe

COMMANDS = ("train", "resume", "evaluate", "reconstruct", "encode", "sample", "draw", "report", "list")


def script() -> None:
    """`main` as a process of its own, which ends without Python's search through all that torch has made for
    what could be freed: it takes a second and a half."""
    try:
        main()
    except SystemExit as end:
        if "torch" not in sys.modules or not isinstance(end.code, int):
            raise
        status = end.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


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
