"""Where the package's own files are."""

import os
from pathlib import Path


def conf_dir() -> Path:
    """The configurations: inside the installed package, or beside it in the source tree."""
    here = Path(__file__).resolve().parent
    for folder in (here / "conf", here.parent / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise SystemExit("aelab: its configurations are missing; install it again")


def cache_dir() -> Path:
    """Where what takes long to make is kept between runs: AELAB_CACHE, else aelab in the user's own cache."""
    if own := os.environ.get("AELAB_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aelab"
