"""What a ported script needs at run time and Python lacks: PowerShell's output, and lines not ported.

Knows nothing of the parser or of how scripts are ported.
"""

from __future__ import annotations

import sys
from typing import Any


class NotPorted(NotImplementedError):
    """A line of the script that has no Python yet; the message names the line and why."""


def show(value: Any) -> None:
    """Print a value as PowerShell shows what a script puts out.

    >>> show(0.5)
    0.5
    """
    from psbridge.script.display import lines_of

    from .members import enumerate_value

    if value is None:
        return
    for line in lines_of(list(enumerate_value(value))):
        sys.stdout.write(line + "\n")
