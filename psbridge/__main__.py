"""`python -m psbridge`: the same as the `psbridge` command."""

from .cli import main

if __name__ == "__main__":
    main()
