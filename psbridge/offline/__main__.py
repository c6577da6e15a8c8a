"""`python -m psbridge.offline`: the offline server as a process of its own."""

from .command import main

if __name__ == "__main__":
    raise SystemExit(main())
