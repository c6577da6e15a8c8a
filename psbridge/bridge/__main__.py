"""`python -m psbridge.bridge`: the worker, on this process's standard input and output."""

from __future__ import annotations

from .worker import main

if __name__ == "__main__":
    main()
