"""Processes that runs start: `helper` works on a ledger beside others, `alone` by itself, `workers` are those
of a cluster on this machine. Not for people.
"""

from __future__ import annotations

import sys

from .errors import RunError
from .processes import leave_ending_to_starter, taken_over, when_input_ends


def main(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    what, path, width = arguments
    leave_ending_to_starter()
    if what == "workers":
        from .local import work

        return work(int(width))
    from .job import job_of
    from .own import own_process

    configuration = taken_over(sys.stdin.buffer.readline())
    try:
        if what == "helper":
            job = job_of(path, configuration, width=int(width), processes=1)
            when_input_ends(lambda: job.stop("stopped"))
            with own_process():
                job.work(ends=False)
            return 0
        job = job_of(path, configuration)
        why = "failed"
        try:
            if job.settings.batch:
                from .batch import Batches

                ending = Batches(job).run(ends=False)
            else:
                with own_process():
                    ending = job.work(ends=False)
            why = ending.why
            if job.settings.out:
                job.export()  # whoever waits for the run finds its output
        finally:
            job.end(why)
        return ending.exit_code
    except RunError as error:
        sys.stderr.write(f"psbridge: {error.message}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
