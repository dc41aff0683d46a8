"""`aelab --version`."""

import sys

from aelab import __version__


def main(argv: list[str]) -> int:
    sys.stdout.write(f"aelab {__version__}\n")
    return 0
