"""Blocks that run as jobs: each in a session of its own, whose streams are handed on afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from psbridge.script.semantics.errors import ErrorRecord, ScriptError
from psbridge.script.semantics.values import NetList

from .blocks import run_block
from .messages import MessageRecord
from .using import JobScope, Starter

if TYPE_CHECKING:
    from psbridge.script.commands.cmdlet import Cmdlet

    from .engine import Runtime

OUTPUT, ERROR = 1, 2
_KINDS = (OUTPUT, ERROR, 4, 5, 3, 6)  # in the order in which the streams of a finished job are read


class Told:
    """What a job put out, stream by stream, and the error that ended it, if one did."""

    def __init__(self) -> None:
        self.records: list[tuple[int, Any]] = []
        self.failure: ErrorRecord | None = None

    def add(self, stream: int, value: Any) -> None:
        """Keep what was written to a stream."""
        if stream == ERROR:
            value.unplaced = True  # a job's block stands in no file
        self.records.append((stream, value))

    def by_kind(self) -> list[tuple[int, Any]]:
        """The records of one stream after those of another."""
        return sorted(self.records, key=lambda one: _KINDS.index(one[0]))


def run_job(
    rt: Runtime, block: Any, starter: Starter, arguments: list[Any], item: tuple[Any, ...] = ()
) -> Told:
    """Run a block as a job, to its end.

    Args:
        item: `$_`, if there is one.
    """
    told = Told()
    scope = JobScope(rt, starter)
    with _session_of(rt, scope, told):
        try:
            run_block(
                rt,
                block.code,
                scope,
                arguments,
                partial(told.add, OUTPUT),
                item=item[0] if item else None,
                has_item=bool(item),
            )
        except ScriptError as error:
            told.failure = error.record
            told.failure.unplaced = True
    return told


def hand_on(cmdlet: Cmdlet, records: list[tuple[int, Any]], failure: ErrorRecord | None = None) -> None:
    """Write a job's records as the cmdlet's own, then the error that ended it."""
    for stream, value in records:
        if stream == OUTPUT:
            cmdlet.sink(value)
        elif stream == ERROR:
            cmdlet.report(value)
        elif isinstance(value, MessageRecord) and value.host:
            cmdlet.rt.write_stream(stream, value)
        else:
            cmdlet.rt.message(cmdlet.scope, stream, value, cmdlet.actions.get(stream), cmdlet.listeners)
    if failure is not None:
        cmdlet.report(failure)


@contextmanager
def _session_of(rt: Runtime, scope: JobScope, told: Told) -> Iterator[None]:
    """Have a scope be the session's outermost one: what is global, written or wrong is the job's own."""
    saved = rt.globals, rt.scope, rt.errors, rt.sinks, rt.listening
    rt.globals = rt.scope = scope
    rt.errors = scope.vars["error"] = NetList(kind="ArrayList")
    rt.sinks = {stream: partial(told.add, stream) for stream in rt.sinks}
    rt.listening = []
    try:
        yield
    finally:
        rt.globals, rt.scope, rt.errors, rt.sinks, rt.listening = saved
