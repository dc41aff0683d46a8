"""`python -m aelab`."""

from aelab.cli import script

if __name__ == "__main__":
    script()
