"""aelab: one command line for autoencoders."""

__version__ = "0.1.0"


def load(folder: str, weights: str = "best"):  # naming Run here would import it
    """The run in a folder: `aelab.load("outputs/...").encode(x)`."""
    from aelab.run import Run

    return Run(folder, weights)
