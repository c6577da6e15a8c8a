"""The encoding in which this system's programs write text that is not UTF-8. Knows nothing of streams."""

from __future__ import annotations

import locale
import sys


def of_programs() -> str:
    """The name of it: the console's code page on Windows, the locale's encoding elsewhere.

    >>> isinstance(of_programs(), str)
    True
    """
    if sys.platform == "win32":
        import ctypes

        page = ctypes.windll.kernel32.GetConsoleOutputCP()
        return f"cp{page}" if page else "oem"
    return locale.getpreferredencoding(False)
