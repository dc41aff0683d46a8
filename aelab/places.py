"""Where the package's own files are."""

from pathlib import Path


def conf_dir() -> Path:
    """The configurations: inside the installed package, or beside it in the source tree."""
    here = Path(__file__).resolve().parent
    for folder in (here / "conf", here.parent / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise SystemExit("aelab: its configurations are missing; install it again")
