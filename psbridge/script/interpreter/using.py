"""What `$using:` names in a job: variables of whoever started it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psbridge.script.semantics.errors import runtime_error

from .automatic import initial
from .scope import Scope

if TYPE_CHECKING:
    from .engine import Runtime

_NO_JOB = (
    "A Using variable cannot be retrieved. A Using variable can be used only with Invoke-Command, Start-Job, "
    "or InlineScript in the script workflow. When it is used with Invoke-Command, the Using variable is "
    "valid only if the script block is invoked on a remote computer."
)


class Starter:
    """Who starts jobs: variables as they are when a job first asks for them.

    Args:
        scope: where the command stands that starts them.
        carry: what becomes of a value on its way into the job; a process of its own gets copies.
    """

    def __init__(self, scope: Scope, carry: Callable[[Any], Any] = lambda value: value) -> None:
        self.carry = carry
        self._scope = scope
        self._taken: dict[str, Any] = {}

    def using(self, name: str) -> Any:
        """The variable of this name, or null."""
        if name not in self._taken:
            holder = self._scope.find(name)
            self._taken[name] = None if holder is None else self.carry(holder.vars[name])
        return self._taken[name]


class JobScope(Scope):
    """The outermost scope of a job."""

    __slots__ = ("starter",)

    def __init__(self, rt: Runtime, starter: Starter) -> None:
        super().__init__(rt, None, "global")
        self.functions, self.aliases = {}, {}
        self.vars.update(initial())
        self.starter = starter


def used(scope: Scope, name: str) -> Any:
    """`$using:name`.

    Raises:
        ScriptError: no job runs this.
    """
    outermost = scope
    while outermost.parent is not None:
        outermost = outermost.parent
    if not isinstance(outermost, JobScope):
        raise runtime_error(_NO_JOB, "UsingWithoutInvokeCommand")
    return outermost.starter.using(name)
