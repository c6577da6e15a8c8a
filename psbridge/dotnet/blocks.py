"""A key that a script block of a hosted session gives: asked while a call needs it, where that call is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..client.errors import ConfigurationError
from ..client.settings.keys import needed_by, no_key_in_time
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


_LONGEST = 1e6  # seconds
# In a scope of its own, as is the block in there: what it sets is nothing of the functions it is called from.
_ASKS = """
    & {
        param($cmdlet, $block, $seconds)
        $late = [ref] $false
        try {
            $given = @(Invoke-BridgeBlock $cmdlet $block $seconds $late)
            if ($late.Value) { 'late' } else { 'given'; $given }
        }
        catch [System.Management.Automation.PipelineStoppedException] { throw }
        catch { 'failed'; $_.Exception.GetBaseException().GetType().Name }
    } @args
"""


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
        given = self._asked(caller)
        self._last = read(given[0]) if len(given) == 1 else [*map(read, given)] or None
        return self._last

    def _asked(self, caller: Any) -> list[Any]:
        """What the block puts out in the scope of the script, within the time that the call still has.

        Raises:
            DeadlineError: it was stopped, since the call's time was up.
            ConfigurationError: it failed; with what kind of error only: its text may hold secrets.
        """
        seconds = min(max(needed_by.get() - time.monotonic(), 0.0), _LONGEST)
        create = edge.net("System.Management.Automation.ScriptBlock").Create
        block = create(f"& {{\n{self._tree.GetScriptBlock().ToString()}\n}}")
        state = caller.SessionState
        kind: Any
        given: list[Any]
        kind, *given = state.InvokeCommand.InvokeScript(
            state, create(_ASKS), edge.object_array([caller, block, seconds])
        )
        if str(kind) == "late":
            raise no_key_in_time()
        if str(kind) == "failed":
            told = f"AccessToken: the script block that gives the key failed with {given[0]}."
            raise ConfigurationError(told, parameter="AccessToken")
        return given


def block_key(value: Any) -> BlockKey | None:
    """A bound value as what gives a key, where it is a script block."""
    value = getattr(value, "BaseObject", value)
    kind = edge.power_shell_type("ScriptBlock")
    return BlockKey(value) if kind is not None and isinstance(value, kind) else None
