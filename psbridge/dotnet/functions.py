"""What the functions of a hosted session invoke: delegates, through which Python's cmdlets do the work.

The functions themselves are the business of `bodies`. Knows nothing of how a session is opened.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from ..client.clock import Cancellation
from ..client.settings.configuration import Configuration, current_configuration, use_configuration
from ..cmdlets.connections import ChatConnection, connection_of
from ..cmdlets.functions import cmdlet
from ..cmdlets.session import cancellable
from ..cmdlets.table import entry
from ..cmdlets.warning import heard_by
from . import edge
from .answers import FAILURE, ITEMS, NOTHING, VALUE, Lines, answer, failure, output
from .arguments import arguments
from .blocks import BlockKey, called_by
from .heard import log_heard_by, wanted, with_bodies
from .pipelines import HostedPipeline


class _Ends(Protocol):
    def cancel(self) -> None:
        """End what is waited for."""


class Calls:
    """The calls of one session: the delegates its functions invoke, and what cancels them.

    Attributes:
        delegates: a .NET table: `Call` does a cmdlet with what was bound, `Open` begins a pipeline of it,
            `Use` gives what has this thread use a connection, and the one before again, in turns, and `Lend`
            the connection that the module is to be given where this thread uses one.
    """

    def __init__(self) -> None:
        system = edge.namespace("System")
        invoked = system.Func[system.String, system.Object, system.Object, system.Int32, system.Object]
        self.delegates = edge.net("System.Collections.Hashtable")()
        self.delegates["Call"] = invoked(self._call)
        self.delegates["Open"] = invoked(self._open)
        self.delegates["Use"] = system.Func[system.Object, system.Object](self._use)
        self.delegates["Lend"] = system.Func[system.Object, system.Object, system.Object](self._lend)
        self._used: dict[int, Configuration] = {}  # by thread
        self._under_way: set[_Ends] = set()
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """End what the calls under way wait for."""
        with self._lock:
            under_way, self._under_way = self._under_way, set()
        for one in under_way:
            one.cancel()

    def _use(self, connection: Any) -> Any:
        """What has this thread use a connection from one call of it to the next; never raises into .NET."""
        try:
            held: Configuration | None = _connection(connection).configuration
        except Exception as error:
            return answer(FAILURE, [], failure(error, "Use-ChatConnection"))

        def exchange() -> None:
            nonlocal held
            thread = threading.get_ident()
            now, held = held, self._used.pop(thread, None)
            if now is not None:
                self._used[thread] = now

        return answer(VALUE, [], edge.namespace("System").Action(exchange))

    def _lend(self, connection: Any, caller: Any) -> Any:
        """The connection for a call that the module makes, in a thread of its own: nothing where the script
        gave one, or uses none. A script block has given its key by then. Never raises into .NET."""
        try:
            with self._in_force(), called_by(caller):
                given = None if connection is None else _connection(connection)
                _ask_for_key({"Connection": given})
                if given is not None or threading.get_ident() not in self._used:
                    return answer(NOTHING, [])
                return answer(VALUE, [], output(ChatConnection(current_configuration())))
        except Exception as error:
            return answer(FAILURE, [], failure(error, "Use-ChatConnection"))

    @contextmanager
    def _in_force(self) -> Iterator[None]:
        """The connection that this thread uses, inside the `with`; what is set there stays for its next call.

        A thread of .NET's has no context of Python's own between two calls.
        """
        thread = threading.get_ident()
        used = self._used.get(thread)
        if used is None:
            yield
            return
        with use_configuration(used):
            try:
                yield
            finally:
                self._used[thread] = current_configuration()

    def _leave(self, one: _Ends) -> None:
        with self._lock:
            self._under_way.discard(one)

    def _call(self, name: str, bound: Any, caller: Any, heard: int) -> Any:
        """One call, from the pipeline's thread; `heard`: what it wants of the log. Never raises into .NET."""
        cancellation = Cancellation()
        with self._lock:
            self._under_way.add(cancellation)
        lines = Lines()
        given: dict[str, Any] = {}
        streams = False
        try:
            with (
                self._in_force(),
                called_by(caller),
                heard_by(lines.warning),
                log_heard_by(wanted(lines.say, heard)),
                cancellable(cancellation),
                with_bodies(heard if entry(name).row.operations else 0),
            ):
                given = arguments(name, bound, caller)
                result = cmdlet(name)(**given)
                if isinstance(result, Iterator):
                    streams = True
                    return answer(ITEMS, lines, self._following(result, name, caller, cancellation, heard))
                return answer(NOTHING, lines) if result is None else answer(VALUE, lines, output(result))
        except Exception as error:
            return answer(FAILURE, lines, failure(error, name, given))
        finally:
            if not streams:
                self._leave(cancellation)

    def _following(
        self, items: Iterator[Any], name: str, caller: Any, cancellation: Cancellation, heard: int
    ) -> Any:
        """A delegate that answers with the next item, or nothing at the end; with false it closes them."""

        def next_one(more: bool) -> Any:
            if not more:
                self._leave(cancellation)
                close = getattr(items, "close", None)
                if close is not None:
                    close()
                return None
            lines = Lines()
            try:
                with called_by(caller), log_heard_by(wanted(lines.say, heard)):
                    value = next(items)  # a stream is sent when it is read
                if isinstance(value, Exception):  # an error in an item's place
                    return answer(FAILURE, lines, failure(value, name))
                return answer(VALUE, lines, output(value))
            except StopIteration:
                return answer(NOTHING, lines)
            except Exception as error:
                return answer(FAILURE, lines, failure(error, name))

        system = edge.namespace("System")
        return system.Func[system.Boolean, system.Object](next_one)

    def _open(self, name: str, bound: Any, caller: Any, heard: int) -> Any:
        """A pipeline, as a table of delegates: Feed, Take, Close and Cancel; never raises into .NET."""
        try:
            with self._in_force(), called_by(caller), with_bodies(heard):
                given = arguments(name, bound, caller)
                _ask_for_key(given)
                line = HostedPipeline(name, given, self._leave, heard)
        except Exception as error:
            return answer(FAILURE, [], failure(error, name))
        with self._lock:
            self._under_way.add(line)

        def feed(bound: Any, item: Any, caller: Any) -> None:
            try:
                with self._in_force(), with_bodies(heard):
                    line.feed(arguments(name, bound, caller), item)
            except Exception as error:
                line.refuse(error, item)

        system = edge.namespace("System")
        table = edge.net("System.Collections.Hashtable")()
        table["Feed"] = system.Action[system.Object, system.Object, system.Object](feed)
        table["Take"] = system.Func[system.Boolean, system.Object](line.take)
        table["Close"] = system.Action(line.close)
        table["Cancel"] = system.Action(line.cancel)
        return answer(VALUE, [], table)


def _ask_for_key(given: dict[str, Any]) -> None:
    """Have a script block give its key now, in the script's own thread: those of a pipeline cannot ask it."""
    connection = given.get("Connection")
    configuration = current_configuration() if connection is None else connection_of(connection).configuration
    if isinstance(configuration.access_token, BlockKey):
        configuration.access_token()


def _connection(value: Any) -> ChatConnection:
    """What a script gave for a connection."""
    return connection_of(arguments("Use-ChatConnection", {"Connection": value}, None)["Connection"])
