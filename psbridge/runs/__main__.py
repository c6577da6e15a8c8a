"""Processes that runs start: `helper` works on a ledger beside others. Not for people."""

from __future__ import annotations

import signal
import sys

from .errors import RunError


def main(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    from .job import job_of
    from .processes import taken_over, when_input_ends

    what, path, width = arguments
    if what != "helper":
        return 2
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this one says when to end
    job = job_of(path, taken_over(sys.stdin.buffer.readline()), width=int(width), processes=1)
    when_input_ends(lambda: job.stop("stopped"))
    try:
        job.work()
    except RunError as error:
        sys.stderr.write(f"psbridge: {error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
