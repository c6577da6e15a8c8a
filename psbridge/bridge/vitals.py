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

    if sys.platform == "win32":
        return _working_set()
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


def _working_set() -> int | None:
    """The working set of this process in bytes, as Windows counts it; None where it does not say.

    Source: `GetProcessMemoryInfo` and `PROCESS_MEMORY_COUNTERS` of the Windows API.
    """
    if sys.platform != "win32":
        return None
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("size", wintypes.DWORD),
            ("page_faults", wintypes.DWORD),
            ("peak_working_set", ctypes.c_size_t),
            ("working_set", ctypes.c_size_t),
            ("peak_paged_pool", ctypes.c_size_t),
            ("paged_pool", ctypes.c_size_t),
            ("peak_nonpaged_pool", ctypes.c_size_t),
            ("nonpaged_pool", ctypes.c_size_t),
            ("pagefile", ctypes.c_size_t),
            ("peak_pagefile", ctypes.c_size_t),
        )

    counters = Counters(size=ctypes.sizeof(Counters))
    # Declared on a library object of our own: the one that `ctypes.windll` shares may be declared otherwise.
    kernel32 = ctypes.WinDLL("kernel32")
    kernel32.GetCurrentProcess.restype = wintypes.HANDLE
    ask = kernel32.K32GetProcessMemoryInfo
    ask.argtypes = (wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD)
    ask.restype = wintypes.BOOL
    if not ask(kernel32.GetCurrentProcess(), ctypes.byref(counters), counters.size):
        return None
    return int(counters.working_set)
