"""The worker: answers quick requests on the spot and in order, and gives those that wait a thread each.

A builder takes microseconds, so it runs in the thread that reads. A call to a server runs in a thread of its
own, or, where it is the only one, in the thread that has read it, while another reads on; it goes by the
configuration that was in force when it came. The worker ends when its input does.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, NoReturn

from .. import __version__
from ..cmdlets.failures import masked
from . import PROTOCOL, messages, settings
from .calls import Call, Calls
from .failures import data_text, failure
from .invocation import Invocation
from .lines import LIMIT, Lines, Overlong
from .loading import Loading
from .messages import INVALID_PARAMS, Id, Refused, Request, error_line, result_line
from .output import Output
from .pipelines import OpenPipeline
from .pool import Pool
from .standard import log, take_over
from .turns import Turns
from .values import decoded, encoded
from .vitals import memory, usage

_PYTHON = ".".join(map(str, sys.version_info[:3]))
_BACKLOG = 64 * 1024 * 1024  # bytes waiting to be read beyond which no further request is read
_PATIENCE = 5.0  # seconds without a byte read, after which the rest of the answers is given up at the end
_CLOSING = 2.0  # seconds that cancelled calls get to close what they hold


class Worker:
    """One worker on two descriptors.

    Args:
        source: requests are read from here, line by line.
        sink: answers and notifications are written here.
        limit: the longest line taken, in bytes.
        broken: called when nobody reads the sink any more; the process ends unless it is given.
    """

    def __init__(
        self,
        source: int,
        sink: int,
        limit: int = LIMIT,
        broken: Callable[[], None] | None = None,
    ) -> None:
        self._limit = limit
        self._lines = Lines(source, limit)
        self._turns = Turns(source, self._read)
        self._output = Output(sink, broken or partial(os._exit, 0))
        self._calls = Calls(self._output)
        self._pool = Pool()
        self._pipelines: dict[Id, OpenPipeline] = {}
        self._loading = Loading()
        self._started = time.monotonic()
        self._greeted = False
        self._count = 0
        self._errors = 0
        self._last_error: str | None = None

    def run(self) -> None:
        """Serve until the input ends or `shutdown` comes; by then every request taken is answered."""
        self._loading.start()
        self._turns.run()
        self._calls.cancel_all()
        until = time.monotonic() + _CLOSING
        self._pool.settle(_CLOSING)
        self._turns.close(max(until - time.monotonic(), 0.0))
        self._output.flush(_PATIENCE)
        self._output.close()

    def _read(self) -> bool:
        """Serve as long as it is this thread's turn; True when the worker is to end."""
        for line in self._lines:
            if not self._serve(line):
                return True
            if not self._turns.mine:
                return False
            self._output.wait_for_room(_BACKLOG)
        return True

    def _serve(self, line: bytes) -> bool:
        """One line; False when the worker is to end."""
        try:
            if isinstance(line, Overlong):
                told = f"The message is longer than {self._limit // 1024 // 1024} MB, the most that is taken."
                raise Refused(messages.INVALID_REQUEST, told, messages.likely_id(line))
            if not line or line.isspace():
                return True
            return self._dispatch(messages.read(line), b"psbridge" in line)
        except Refused as refused:
            # An id under way belongs to that call: this answer must not be taken for its.
            id = None if refused.id in self._calls else refused.id
            told = masked(refused.message)
            self._failed(told)
            self._output.put(error_line(id, refused.code, told))
        except Exception as error:  # a bug, or no memory for a line: it harms this line and no other
            found = messages.likely_id(line)
            if found not in self._calls:
                self._output.put(self._error(found, error, None, {}))
        return True

    def _dispatch(self, request: Request, marked: bool) -> bool:
        id, method, params = request
        if method == "cancel":
            cancelled = self._cancel(params)
            if id is not None:
                self._output.put(result_line(id, encoded({"cancelled": cancelled})))
            return True
        if id is None:
            self._notified(method, params, marked)
            return True
        if id in self._calls:
            raise Refused(
                messages.INVALID_REQUEST, f"The id {encoded(id)[:80]} is in use by a call under way."
            )
        if method == "hello":
            self._hello(id, params)
            return True
        if not self._greeted:
            raise Refused(messages.NO_HELLO, "The first request must be 'hello'.", id)
        match method:
            case "invoke" | "open":
                self._begin(id, method, params, marked)
            case "status":
                self._output.put(result_line(id, encoded(self._status())))
            case "testing":
                self._testing(id, params)
            case "shutdown":
                self._calls.cancel_all()
                self._output.put(result_line(id, "{}"))
                return False
            case _:
                known = "hello, invoke, open, feed, close, cancel, status, testing and shutdown"
                told = f"There is no method '{method[:80]}'; {known} are."
                raise Refused(messages.METHOD_NOT_FOUND, told, id)
        return True

    def _hello(self, id: Id, params: dict[str, Any]) -> None:
        asked = params.get("protocol")
        if asked != PROTOCOL or asked.__class__ is not int:
            theirs = str(params.get("version") or "of unknown version")[:80]
            newer = asked.__class__ is int and asked > PROTOCOL
            cure = (
                "update the Python package (pip install -U psbridge)"
                if newer
                else "update the module (psbridge install-module)"
            )
            told = (
                f"The PowerShell module PSBridge {theirs} speaks worker protocol {encoded(asked)[:80]}, "
                f"psbridge {__version__} of {sys.executable} speaks {PROTOCOL}: {cure}, "
                "then import the module again."
            )
            data = encoded({"protocols": [PROTOCOL], "version": __version__})
            self._output.put(error_line(id, messages.UNSUPPORTED_PROTOCOL, told, data))
            return
        answer = {
            "protocol": PROTOCOL,
            "version": __version__,
            "python": _PYTHON,
            "pid": os.getpid(),
            "protocols": [PROTOCOL],
        }
        self._output.put(result_line(id, encoded(answer)))
        if not self._greeted:
            from .listening import listen

            listen()
            self._greeted = True

    def _cancel(self, params: dict[str, Any]) -> bool:
        id = params.get("id")
        if id.__class__ not in (int, str):
            return False
        number = params.get("number")
        if number is None:
            return self._calls.cancel(id)
        pipeline = self._pipelines.get(id)
        return pipeline is not None and number.__class__ is int and pipeline.cancel(number)

    def _notified(self, method: str, params: dict[str, Any], marked: bool) -> None:
        if method in ("feed", "close"):
            self._hand_in(method, params, marked)
        elif method == "told":
            call = self._calls.call(params.get("id"))
            if call is not None:
                call.told(params.get("question"), decoded(params.get("value")), params.get("failed"))
        elif method == "forget":
            settings.forget(params.get("settings"))
        else:
            known = "cancel, feed, close, told and forget do"
            log(f"psbridge.bridge: a notification came that means nothing here; {known}.")

    def _testing(self, id: Id, params: dict[str, Any]) -> None:
        """A service that a test dictates, opened and asked."""
        from importlib import import_module

        from ..client.settings.configuration import current_configuration

        try:
            with settings.in_force(params):
                service = current_configuration()
            told = import_module("psbridge.testing.remote").answer(decoded(params), service)
            self._output.put(result_line(id, f'{{"value":{encoded(told)}}}'))
        except Exception as error:
            self._output.put(self._error(id, error, None, {}))

    def _begin(self, id: Id, method: str, params: dict[str, Any], marked: bool) -> None:
        """A call, with the configuration it says it goes by."""
        begin = self._invoke if method == "invoke" else self._open
        try:
            with settings.in_force(params):
                begin(id, params, marked)
        except settings.UnknownSettingsError as error:
            self._output.put(self._error(id, error, params.get("name"), {}))

    def _invoke(self, id: Id, params: dict[str, Any], marked: bool) -> None:
        self._count += 1
        self._loading.wait_for_builders()
        try:
            invocation = Invocation.read(params, marked)
        except Refused as refused:
            refused.id = id
            raise
        except BaseException as error:
            self._output.put(self._error(id, error, params.get("name"), {}))
            return
        if invocation.verbose or invocation.debug:
            from .listening import listen_closely

            listen_closely()
        if not invocation.slow:
            call = Call(id, self._output, invocation.verbose, invocation.debug)
            call.answer(self._outcome(call, invocation))
            self._loading.answered()
            return
        waiting = _waiting()
        call = waiting.call_of(id, self._output, invocation)
        self._calls.add(call)
        outcome = waiting.in_its_context(call, invocation, self._outcome)
        if len(self._calls) == 1 and not self._lines.more and self._turns.begin():
            try:
                line = outcome()
            finally:
                self._turns.end()
            self._calls.answer(call, line)
            return
        try:
            self._pool.submit(partial(self._run, call, outcome))
        except RuntimeError as error:  # the system gives no thread
            self._calls.answer(call, self._error(id, error, invocation.command, invocation.parameters, call))

    def _open(self, id: Id, params: dict[str, Any], marked: bool) -> None:
        """Open a pipeline; its answer comes when it has ended."""
        from ..client.clock import Cancellation

        self._loading.wait_for_builders()
        call: Call | None = None
        try:
            invocation = Invocation.read(params, marked)
            if not invocation.known.pipes:
                told = f"open: {invocation.command} does its items one by one; use invoke."
                raise Refused(INVALID_PARAMS, told)
            cancellation = Cancellation()
            call = Call(id, self._output, invocation.verbose, invocation.debug, cancellation)
            if invocation.verbose or invocation.debug:
                from .listening import listen_closely

                listen_closely()
            self._calls.add(call)
            ended = partial(self._ended, call, invocation)
            self._pipelines[id] = pipeline = OpenPipeline(call, invocation, self._began, ended)
            cancellation.register(pipeline, pipeline.end)
        except Refused as refused:
            refused.id = id
            raise
        except BaseException as error:
            line = self._error(id, error, params.get("name"), {})
            if call is None:
                self._output.put(line)
            else:
                self._calls.answer(call, line)

    def _hand_in(self, method: str, params: dict[str, Any], marked: bool) -> None:
        """An item of a pipeline, or its end; nothing where the pipeline has ended meanwhile."""
        id = params.get("id")
        pipeline = self._pipelines.get(id) if isinstance(id, (int, str)) else None
        if pipeline is None or id is None:
            return
        if method == "close":
            pipeline.close()
            return
        try:
            pipeline.feed(params, marked)
        except Refused as refused:  # whoever feeds does not keep to what was agreed: that pipeline ends
            call = self._calls.call(id)
            if call is not None:
                self._failed(masked(refused.message))
                self._calls.answer(call, error_line(call.id, refused.code, masked(refused.message)))
                call.cancel()

    def _began(self) -> None:
        self._count += 1

    def _ended(self, call: Call, invocation: Invocation, error: BaseException | None) -> None:
        self._pipelines.pop(call.id, None)
        if error is None:
            line = result_line(call.id, '{"value":null,"warnings":[],"verbose":[],"debug":[]}')
        else:
            line = self._error(call.id, error, invocation.command, invocation.parameters, call)
        self._calls.answer(call, line)

    def _run(self, call: Call, outcome: Callable[[], bytes]) -> None:
        if call.open:
            self._calls.answer(call, outcome())

    def _outcome(self, call: Call, invocation: Invocation) -> bytes:
        """Run the cmdlet; the line that answers the call."""
        with call:
            try:
                value = invocation.run()
                if _iterates(value.__class__):
                    _stream(call, value)
                    value = None
                text = encoded(value)
            except BaseException as error:
                return self._error(call.id, error, invocation.command, invocation.parameters, call)
        said = call.kept
        if said is None:
            return result_line(call.id, f'{{"value":{text},"warnings":[],"verbose":[],"debug":[]}}')
        more = ",".join(
            f'"{name}":{encoded(said[stream])}'
            for name, stream in (("warnings", "warning"), ("verbose", "verbose"), ("debug", "debug"))
        )
        return result_line(call.id, f'{{"value":{text},{more}}}')

    def _error(
        self,
        id: Id | None,
        error: BaseException,
        command: Any,
        parameters: dict[str, Any],
        call: Call | None = None,
    ) -> bytes:
        command = command if isinstance(command, str) else None
        try:
            code, message, data = failure(error, command, parameters)
            if call is not None and call.kept is not None:
                kept = call.kept
                data.update(warnings=kept["warning"], verbose=kept["verbose"], debug=kept["debug"])
            line = error_line(id, code, message, data_text(data))
        except BaseException as second:  # whatever happens, the request gets its answer
            message = f"An error ({type(error).__name__}) could not be told ({type(second).__name__})."
            line = error_line(id, messages.INTERNAL_ERROR, message)
        if call is None or call.open:
            self._failed(message)
        return line

    def _failed(self, message: str) -> None:
        self._errors += 1
        self._last_error = message

    def _in_flight(self) -> int:
        """Calls under way; of a pipeline, its items."""
        pipelines = dict(self._pipelines)
        items = sum(pipeline.under_way for id, pipeline in pipelines.items() if id in self._calls)
        return items + sum(id not in pipelines for id in self._calls.ids())

    def _status(self) -> dict[str, Any]:
        return {
            "uptime": time.monotonic() - self._started,
            "calls": self._count,
            "in_flight": self._in_flight(),
            "errors": self._errors,
            "last_error": self._last_error,
            "python": _PYTHON,
            "version": __version__,
            "pid": os.getpid(),
            "memory": memory(),
            "executable": sys.executable,
            "usage": usage(),
        }


@cache
def _waiting() -> Any:
    """What a call to a server goes by: loaded with the first of them."""
    from . import waiting

    return waiting


@cache
def _iterates(kind: type) -> bool:
    """Whether what has this class is a stream: asked of every result, so looked up once a class."""
    return issubclass(kind, Iterator)


def _stream(call: Call, items: Iterator[Any]) -> None:
    """Send what comes, as it comes, until nobody wants it any more."""
    try:
        for item in items:
            if not call.item(item):
                break
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()


def main() -> NoReturn:
    """Run the worker on this process's standard input and output, and end the process."""
    try:
        source, sink = take_over()
    except OSError as error:
        log(f"psbridge.bridge: standard input and output must be open: {error}")
        os._exit(2)
    # Nobody sets a plugin of pydantic up here, and looking for one among all packages delays the first call.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Ctrl+C in a console reaches every process of it; what it means here, PowerShell says by `cancel`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Worker(source, sink).run()
    # Threads that wait in an operating system call must not keep the process.
    os._exit(0)
