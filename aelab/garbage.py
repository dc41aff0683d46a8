"""Python's search for garbage, kept away from what is imported and stays."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """Import in this block what is large, torch and the like.

    A search goes through all objects that there are: while these are made it would come a thousand times, a
    second in all, and a third of a second at each time afterwards.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # or C++ libraries take what is left at the end for a leak, and say so
        if was_on:
            gc.enable()
