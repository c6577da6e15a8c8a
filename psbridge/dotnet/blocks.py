"""A key that a script block of a hosted session gives: asked while a call needs it, where that call is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..client.errors import ConfigurationError
from . import edge
from .read import read

_callers: dict[int, Any] = {}  # $PSCmdlet of the call that a thread of a pipeline is in


@contextmanager
def called_by(caller: Any) -> Iterator[None]:
    """Inside the `with`, what this thread asks for is asked in the scope of the script that calls."""
    thread = threading.get_ident()
    before = _callers.get(thread)
    _callers[thread] = caller
    try:
        yield
    finally:
        if before is None:
            del _callers[thread]
        else:
            _callers[thread] = before


class BlockKey:
    """What gives a key, from a script block. Its syntax tree is kept, which belongs to no runspace.

    PowerShell runs it in the thread that calls; any other thread, as those of a pipeline that runs several at
    once, has the key that it gave last.
    """

    runs_here = True  # for the client's cache of keys: no thread of its own

    def __init__(self, block: Any) -> None:
        tree = block.Ast
        self._tree = getattr(tree, "Body", tree)  # a function's own
        self._last: Any = None

    def __call__(self) -> Any:
        """The key.

        Raises:
            ConfigurationError: this thread is no script's, and the block was not asked yet.
        """
        caller = _callers.get(threading.get_ident())
        if caller is None:
            if self._last is None:
                told = "AccessToken: the script block that gives the key cannot be asked here."
                raise ConfigurationError(told, parameter="AccessToken")
            return self._last
        state = caller.SessionState
        given = [*state.InvokeCommand.InvokeScript(state, self._tree.GetScriptBlock(), edge.object_array([]))]
        self._last = read(given[0]) if len(given) == 1 else [*map(read, given)] or None
        return self._last


def block_key(value: Any) -> BlockKey | None:
    """A bound value as what gives a key, where it is a script block."""
    value = getattr(value, "BaseObject", value)
    kind = edge.power_shell_type("ScriptBlock")
    return BlockKey(value) if kind is not None and isinstance(value, kind) else None
