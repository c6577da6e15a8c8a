"""What a ported script needs at run time and Python lacks: PowerShell's output, and lines not ported.

Knows nothing of the parser or of how scripts are ported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psbridge.binding.nettypes import NetType


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


def net_type(name: str) -> NetType:
    """The .NET type of this name, as a script writes it between brackets.

    Raises:
        psbridge.script.semantics.errors.ScriptError: there is none.
    """
    from .types import resolve, unknown_type

    known = resolve(name)
    if known is None:
        raise unknown_type(name)
    return known
