"""Script blocks and functions as values, and how one of them runs: parameters, scopes, begin/process/end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.arguments import MISSING
from psbridge.binding.values import ScriptBlock
from psbridge.script.semantics.values import NetList

from .output import unpacked
from .parameters import Signature
from .scope import Scope
from .stages import BlockStage, ready


class Block(ScriptBlock):
    """A script block of this interpreter: its code, the session, and the variables closed over."""

    __slots__ = ("closure", "code", "rt")

    def __init__(self, code: Any, rt: Any, closure: Scope | None = None) -> None:
        super().__init__(code.text)
        self.code = code
        self.rt = rt
        self.closure = closure

    def run_with(
        self, item: Any, arguments: list[Any], out: Callable[[Any], Any], *, local: bool = True
    ) -> None:
        """Run it with `$_` and arguments, in a scope of its own or in the current one."""
        parent = self.closure or self.rt.scope
        run_block(self.rt, self.code, parent, arguments, out, item=item, has_item=True, local=local)

    def output(self, item: Any, arguments: list[Any] | None = None) -> list[Any]:
        """Everything it puts out for one item."""
        items: list[Any] = []
        self.run_with(item, arguments or [], items.append)
        return items

    def value(self, item: Any) -> Any:
        """What it puts out for one item, as one value."""
        return unpacked(self.output(item))

    def __call__(self, *arguments: Any) -> Any:
        item = arguments[0] if arguments else None
        return unpacked(self.output(item, list(arguments)))

    def invoke(self, arguments: list[Any]) -> Any:
        """Run it with arguments; its output as one value."""
        items: list[Any] = []
        run_block(self.rt, self.code, self.closure or self.rt.scope, arguments, items.append)
        return unpacked(items)

    def delegate(self) -> Callable[..., Any]:
        """What .NET calls where it takes a delegate: what it gives is in `$args`, and `$_` stays as it is."""
        return lambda *arguments: self.invoke(list(arguments))

    def invoke_collected(self, arguments: list[Any]) -> Any:
        """`$block.Invoke(...)`: its output as a collection."""
        items: list[Any] = []
        run_block(self.rt, self.code, self.closure or self.rt.scope, arguments, items.append)
        return NetList(items, nettypes.PSOBJECT, "Collection")

    def closed(self) -> Block:
        """`GetNewClosure()`: the variables of the current scope go with it."""
        closure = Scope(self.rt, self.rt.globals, "script")
        scope = self.rt.scope
        closure.vars.update(scope.vars)
        return Block(self.code, self.rt, closure)


class FunctionInfo:
    """A function of the session."""

    kind = "Function"
    __slots__ = ("code", "is_filter", "name", "rt", "scope", "signature")

    def __init__(self, name: str, code: Any, rt: Any, is_filter: bool = False) -> None:
        self.name = name
        self.code = code
        self.rt = rt
        self.is_filter = is_filter
        self.signature: Signature | None = None
        self.scope: Scope | None = None  # of the module that has it


def run_block(
    rt: Any,
    code: Any,
    parent: Scope,
    arguments: list[Any],
    out: Callable[[Any], Any],
    *,
    item: Any = None,
    has_item: bool = False,
    local: bool = True,
    name: str = "",
) -> None:
    """Run a block once, without pipeline input."""
    ready(rt, code)
    if not local and code.param is None and not code.has_blocks:
        run_in(rt, code, parent, out, item, has_item)
        return
    stage = BlockStage(rt, code, parent, arguments, out, name=name, local=local)
    if has_item:
        stage.item = (item,)
    stage.begin()
    if code.process is not None and not has_item:
        stage.process_once()
    elif code.process is not None:
        stage.process(item)
    stage.end()


def run_in(rt: Any, code: Any, S: Scope, out: Callable[[Any], Any], item: Any, has_item: bool) -> None:
    """Run a block's statements in a scope that is there, with `$_` set meanwhile."""
    if code.end is None:
        return
    if not has_item:
        code.end(S, out)
        return
    variables = S.vars
    saved = variables.get("_", MISSING)
    variables["_"] = item
    try:
        code.end(S, out)
    finally:
        if saved is MISSING:
            variables.pop("_", None)
        else:
            variables["_"] = saved
