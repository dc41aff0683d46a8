"""`python -m aelab`."""

from aelab.cli import main

if __name__ == "__main__":
    main()
