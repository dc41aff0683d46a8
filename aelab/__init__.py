"""aelab: one command line for autoencoders."""

__version__ = "0.1.0"
