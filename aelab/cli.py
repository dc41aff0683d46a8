"""The command line: `aelab [overrides]` trains, `aelab <command>` does the rest."""

import os
import sys
from importlib import import_module

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
    sys.exit(run(command, argv))


def run(command: str, argv: list[str]) -> int:
    """The command's exit status."""
    from aelab.errors import UserError, suggest

    try:
        if argv and command == "train" and argv[0].isidentifier():
            hint = suggest(argv[0], COMMANDS) or f"; commands are {', '.join(COMMANDS)}"
            raise UserError(f"{argv[0]}: is no command, and a setting has a '='{hint}")
        status = import_module(f"aelab.command.{command}").main(argv)
        sys.stdout.flush()
        return status
    except UserError as error:
        if "HYDRA_FULL_ERROR" in os.environ:
            raise
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:  # `aelab --help | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
