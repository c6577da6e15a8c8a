"""Running the functions behind tools: side by side, each within its time, in threads or on asyncio.

A function that takes too long is left behind in a daemon thread, which nothing can stop: its result is not
waited for, and the model is told. Knows no requests and no replies.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .rounds import ToolCall
from .tools import Tool, ToolArgumentsError

Approve = Callable[[ToolCall], bool]


def run_all(
    calls: Sequence[ToolCall],
    tools: Mapping[str, Tool],
    *,
    width: int = 4,
    timeout: float | None = None,
    approve: Approve | None = None,
) -> None:
    """Run the calls, at most `width` at a time; each one's Result, Error and Elapsed are then set.

    Args:
        timeout: seconds for a call whose tool names none.
        approve: asked before anything runs; a call it declines does not run.
    """
    waiting = [call for call in calls if prepared(call, tools, approve)]
    limits = {id(call): limit_of(tools[call.Name], timeout) for call in waiting}
    if len(waiting) == 1 and limits[id(waiting[0])] is None:
        _run_one(waiting[0], tools[waiting[0].Name])
        return
    done: queue.SimpleQueue[tuple[ToolCall, ToolCall]] = queue.SimpleQueue()
    running: dict[int, tuple[ToolCall, float | None]] = {}
    pending = list(reversed(waiting))
    while pending or running:
        while pending and len(running) < max(1, width):
            call = pending.pop()
            limit = limits[id(call)]
            running[id(call)] = (call, None if limit is None else time.monotonic() + limit)
            _start(call, tools[call.Name], done)
        ends = [end for _, end in running.values() if end is not None]
        # A wait without a limit could not be left by Ctrl+C on Windows.
        left = min((max(0.0, min(ends) - time.monotonic()) if ends else 1.0), 1.0)
        try:
            call, outcome = done.get(timeout=left)
        except queue.Empty:
            pass
        else:
            if running.pop(id(call), None) is not None:
                call.Result, call.Error, call.Elapsed = outcome.Result, outcome.Error, outcome.Elapsed
        now = time.monotonic()
        for key, (call, end) in list(running.items()):
            if end is not None and now >= end:
                del running[key]
                _timed_out(call, limits[key])


def _start(call: ToolCall, tool: Tool, done: queue.SimpleQueue[tuple[ToolCall, ToolCall]]) -> None:
    context = contextvars.copy_context()
    # The thread works on a copy, so that one left behind changes nothing any more.
    own = ToolCall(call.Id, call.Name, call.Arguments, text=call.text)

    def work() -> None:
        try:
            context.run(_run_one, own, tool)
        except BaseException as error:
            own.Error = _sentence(error)
        done.put((call, own))

    threading.Thread(target=work, name=f"psbridge-tool-{call.Name}", daemon=True).start()


async def arun_all(
    calls: Sequence[ToolCall],
    tools: Mapping[str, Tool],
    *,
    width: int = 4,
    timeout: float | None = None,
    approve: Approve | None = None,
) -> None:
    """`run_all` on asyncio: coroutine functions are awaited, others run in threads."""
    waiting = [call for call in calls if prepared(call, tools, approve)]
    room = asyncio.Semaphore(max(1, width))

    async def one(call: ToolCall) -> None:
        tool = tools[call.Name]
        limit = limit_of(tool, timeout)
        async with room:
            if not tool.is_async:
                await asyncio.to_thread(run_all, [call], tools, width=1, timeout=timeout)
                return
            started = time.perf_counter()
            try:
                args, arguments = tool.arguments_of(call.text)
                call.Result = await asyncio.wait_for(tool.function(*args, **arguments), limit)
            except asyncio.TimeoutError:
                _timed_out(call, limit)
                return
            except (Exception, SystemExit) as error:
                call.Error = _sentence(error)
            call.Elapsed = time.perf_counter() - started

    await asyncio.gather(*(one(call) for call in waiting))


def prepared(call: ToolCall, tools: Mapping[str, Tool], approve: Approve | None) -> bool:
    """Whether the call may run; arguments are checked before anything runs."""
    if call.Error is not None:
        return False
    try:
        tools[call.Name].arguments_of(call.text)
    except ToolArgumentsError as error:
        call.Error = str(error)
        return False
    if approve is not None and not approve(call):
        call.Error = "the user declined this call"
        return False
    return True


def _run_one(call: ToolCall, tool: Tool) -> None:
    started = time.perf_counter()
    try:
        args, arguments = tool.arguments_of(call.text)
        result = tool.function(*args, **arguments)
        call.Result = asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result
    except (Exception, SystemExit) as error:
        call.Error = _sentence(error)
    finally:
        call.Elapsed = time.perf_counter() - started


async def _awaited(result: Any) -> Any:
    return await result


def limit_of(tool: Tool, timeout: float | None) -> float | None:
    """Seconds that one call of a tool may take; None for no limit."""
    return timeout if tool.timeout is None else tool.timeout


def _timed_out(call: ToolCall, limit: float | None) -> None:
    call.Error = f"the tool did not answer within {limit:g} seconds"
    call.Elapsed = limit or 0.0


def _sentence(error: BaseException) -> str:
    if isinstance(error, ToolArgumentsError):
        return str(error)
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
