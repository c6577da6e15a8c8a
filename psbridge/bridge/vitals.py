"""What `status` tells of the process: the memory it takes, and what was used through it."""

from __future__ import annotations

import os
import sys
from typing import Any


def usage() -> dict[str, Any] | None:
    """What the session used so far; None while nothing has been sent."""
    from ..cmdlets.session import usage_so_far

    totals = usage_so_far()
    return None if totals is None else dict(vars(totals))


def memory() -> int | None:
    """Bytes of memory this process occupies; its peak where only that is known, None where nothing is."""
    from pathlib import Path

    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
