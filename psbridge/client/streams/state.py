"""What has come of a stream, what is still to be delivered, and all that can go wrong; performs no I/O."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Generator, Mapping
from typing import Any

from ..core import Core
from ..errors import (
    BadResponseError,
    ClientError,
    ConnectionFailedError,
    IdleTimeoutError,
    StreamError,
    StreamEventError,
    StreamStalledError,
    TruncatedStreamError,
)
from ..exchange import log
from ..exchange.call import Answer, Call
from ..exchange.commands import Close, Command, Read
from ..exchange.telemetry import Span
from ..message import jsontext
from .assemble import Assembler
from .intake import Intake, Reported, chunk_of, last_events
from .sse import ServerSentEvent
from .toolcalls import number_of
from .whole import check_shape

_AFTER_DONE = 0.25  # seconds given to a server to end its reply properly, so that the connection can be kept


class StreamState:
    """What has come of a stream, what is still to be delivered, and how it ended."""

    def __init__(self, core: Core, call: Call, answer: Answer, span: Span) -> None:
        assert answer.decoder is not None and answer.inflater is not None
        self.core = core
        self.call = call
        self.answer = answer
        self.span = span
        self._intake = Intake()
        self.ready = self._intake.ready
        self.closed = False
        self._failure: ClientError | None = None
        self._decoder = answer.decoder
        self._inflater = answer.inflater
        self._idle_until = answer.idle_until
        self._comments = self._decoder.comments
        self._codec = core.codec.decode
        self._model = call.operation.stream
        self._delivered: list[bytes] = []
        self._assembler = Assembler()
        self._reasons: dict[int, Any] = {}  # of each choice that has begun, why it ended
        self._usage: Any = None
        self._take_in(answer.events)

    # Filling

    def fill(self) -> Generator[Command, Any, None]:
        """Read until a chunk is ready or the stream has ended; raises what went wrong once all chunks are
        out.
        """
        log.asking.set(weakref.ref(self.call.outgoing))
        while not self.ready:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                yield from self.stop(failure)
                raise failure
            if self.closed:
                return
            if self._intake.done:
                yield from self._drain()
                if self._intake.suspect is not None and not self._reasons:
                    self._failure = self._reported_error(self._intake.suspect)
                    continue
                return
            try:
                data: bytes = yield Read(self.answer.response, self._idle_until)
                if data:
                    self._take_in(self._decoder.feed(self._inflater.feed(data)))
                elif not self._take_last():
                    self._fold()
                    if self.answer.framed and self._assembler.finished(done=False):
                        return  # every choice says why it ended: whole without a [DONE]
                    suspect = self._intake.suspect
                    self._failure = (
                        self._truncated("before it said that it was done")
                        if suspect is None
                        else self._reported_error(suspect)
                    )
            except ClientError as error:
                self._failure = self._converted(error)
            except BaseException as error:
                yield from self.stop(error)
                raise
            data = b""  # kept no longer than it is needed: an error's report may show it

    def _take_last(self) -> bool:
        """Take in what the end of the body left without a blank line; whether there was any.

        A body whose length nobody said may have been cut there: then only what is whole by itself counts.
        """
        self._inflater.finish()
        last = last_events(self._decoder) if self.answer.framed else ()
        self._take_in(last)
        return bool(last)

    def _take_in(self, events: list[ServerSentEvent] | tuple[ServerSentEvent, ...]) -> None:
        if events or self._decoder.comments != self._comments:
            self._comments = self._decoder.comments
            self._idle_until = self.answer.bounds.now() + self.call.idle_timeout
        self._intake.take(events)
        if self._intake.reported is not None:
            self._failure = self._reported_error(self._intake.reported)

    def _drain(self) -> Generator[Command, Any, None]:
        """Read the end of the reply behind [DONE], so that the connection can serve again."""
        until = self.answer.bounds.now() + _AFTER_DONE
        try:
            while (yield Read(self.answer.response, until)):
                continue
        except ClientError:
            yield Close(self.answer.response)

    # Delivering

    def decode(self, data: bytes) -> Any:
        """A chunk, by the codec."""
        try:
            chunk = self._codec(data, self._model)
            self._note(chunk)
        except (ValueError, TypeError, RecursionError) as error:
            raise self._unreadable(data, error) from None
        self._delivered.append(data)
        return chunk

    def parse(self, data: bytes) -> dict[str, Any]:
        """A chunk, as its JSON."""
        self._fold()
        try:
            chunk = chunk_of(data)
            self._assembler.add(chunk)
            self._note(chunk)
        except (ValueError, RecursionError) as error:
            raise self._unreadable(data, error) from None
        return chunk

    def _note(self, chunk: Any) -> None:
        field = jsontext.field
        choices = field(chunk, "choices")
        if choices.__class__ is not list and choices is not None:
            raise ValueError("'choices' is no array")
        for position, choice in enumerate(choices or ()):
            if choice.__class__ in _NO_OBJECTS:
                raise ValueError("an item of 'choices' is no object")
            number = field(choice, "index")
            if number.__class__ is not int:
                number = number_of(number)
                number = position if number is None else number
            reason = field(choice, "finish_reason")
            if reason is not None or number not in self._reasons:
                self._reasons[number] = reason
        usage = field(chunk, "usage")
        if usage is not None:
            self._usage = usage

    def _fold(self) -> None:
        for data in self._delivered:
            _add(self._assembler, data)
        self._delivered.clear()

    def check_end(self) -> None:
        """All chunks are out and the stream has ended; raises when a choice has no finish_reason."""
        if None in self._reasons.values():
            if self._intake.suspect is not None:
                raise self._reported_error(self._intake.suspect)
            raise self._truncated("before a choice was finished")

    def whole(self) -> Any:
        """The completion, by the codec."""
        self._fold()
        data = b""
        try:
            data = jsontext.written(self._assembler.completion())
            value = self.core.whole(self.call, data)
            check_shape(value, data)
            return value
        except (ValueError, TypeError, RecursionError) as error:
            raise self._unreadable(data, error) from None

    def partial(self) -> dict[str, Any]:
        """The completion as far as it has come, chunks included that were not delivered yet."""
        self._fold()
        assembler = self._assembler
        if self.ready:
            assembler = copy.deepcopy(assembler)
            for data in self.ready:
                _add(assembler, data)
        return assembler.completion()

    # Ending

    def settle(self, error: BaseException | None) -> None:
        """Count the stream once, when it has ended or was closed."""
        if self.closed:
            return
        self.closed = True
        seconds = self.answer.bounds.now() - self.answer.started
        if error is None:
            value = {"usage": self._usage}
            self.core.usage.answered(value, self.answer.attempts)
            self.core.used(self.call, self._usage)
            self.span.end(value, seconds=seconds)
        else:
            self.core.failed(error)
            self.span.fail(error)

    def stop(self, error: BaseException | None = None) -> Generator[Command, Any, None]:
        """Close at once."""
        self.settle(error)
        yield Close(self.answer.response)

    # Errors

    def _details(self) -> dict[str, Any]:
        answer = self.answer
        return {
            "status": answer.status,
            "reason": answer.reason,
            "request_id": answer.headers.request_id,
            "headers": answer.headers,
            "attempts": answer.attempts,
            "elapsed": answer.bounds.now() - answer.started,
            "partial": self.partial(),
        }

    def _hidden(self, error: ClientError) -> Any:
        error.hide(self.call.outgoing.secrets)
        return error

    def _truncated(self, when: str) -> StreamError:
        failure: StreamError = self._hidden(
            TruncatedStreamError(f"The stream ended {when}.", **self._details())
        )
        return failure

    def _converted(self, error: ClientError) -> ClientError:
        failure: ClientError
        if isinstance(error, IdleTimeoutError):
            failure = StreamStalledError(
                "The stream stalled: no chunk came within the idle limit.", **self._details()
            )
        elif isinstance(error, ConnectionFailedError):
            failure = TruncatedStreamError(f"The stream was cut off: {error.message}", **self._details())
        else:
            failure = type(error)(error.message, **self._details())
        failure.__cause__ = error
        self._hidden(failure)
        return failure

    def _unreadable(self, data: bytes, error: Exception) -> BadResponseError:
        why = str(error).partition("\n")[0] if isinstance(error, ValueError) else "it is nested too deeply"
        failure: BadResponseError = self._hidden(
            BadResponseError(
                f"A chunk of the stream cannot be read: {why.rstrip('.')}.", body=data, **self._details()
            )
        )
        return failure

    def _reported_error(self, reported: Reported) -> StreamEventError:
        code, param, kind, _ = reported.problem
        failure: StreamEventError = self._hidden(
            StreamEventError(
                reported.sentence,
                code=code,
                param=param,
                type=kind,
                body=reported.data,
                **self._details(),
            )
        )
        return failure


_NO_OBJECTS = frozenset((type(None), str, int, float, bool, list))


def _add(assembler: Assembler, data: bytes) -> None:
    """Fold a chunk in as far as it can be read: what cannot be is refused where it is delivered."""
    try:
        chunk = jsontext.read(data)
        if isinstance(chunk, Mapping):
            assembler.add(chunk)
    except (ValueError, RecursionError):
        return
