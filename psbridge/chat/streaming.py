"""Answers as they grow: the chunks of every round, tools run in between, the whole reply at the end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ..client import ChatStream, Configuration, current_configuration, use_configuration
from ..client.streams.events import texts_of
from ..cmdlets import completion
from .asking import Ask, Question, run_calls, steps


@dataclass
class _Course:
    """How far a stream is; apart from it, so that a stream nobody reads on is closed at once."""

    question: Question
    options: Any
    began: Callable[[], Question] | None
    finished: Callable[[Question, Any], None] | None
    during: AbstractContextManager[Any]
    configuration: Configuration
    open: ChatStream | None = None
    reply: Any = None

    def chunks(self) -> Generator[Any, None, None]:
        """The chunks of all rounds."""
        with self.during:
            if self.began is not None:
                self.question = self.began()
            self.reply = yield from self._rounds()
            if self.finished is not None:
                self.finished(self.question, self.reply)

    def _rounds(self) -> Generator[Any, None, Any]:
        work = steps(self.question)
        outcome: Any = None
        try:
            while True:
                step = work.send(outcome)
                outcome = None
                if isinstance(step, Ask):
                    with self._asked(step) as stream:
                        self.open = stream
                        yield from stream
                        outcome = stream.completion()
                    self.open = None
                else:
                    run_calls(step, self.question)
        except StopIteration as end:
            return end.value
        finally:
            work.close()

    def _asked(self, step: Ask) -> ChatStream:
        with use_configuration(self.configuration):
            return completion.client().stream(completion.as_bytes(step.request), **self.options)


class AnswerStream:
    """Iterate it for typed chunks, or use `text`, `partials` or `completion`; close it, or use `with`.

    Nothing is sent before it is read; it goes by the configuration that is in force where it is made.

    Args:
        question: what is asked.
        options: the client's options of each call.
        began: gives the question anew when reading begins.
        finished: told what was asked and the last reply once it is whole.
        during: is entered when reading begins, and left when nothing more comes, however it ended.

    Raises, while it is read:
        ClientError: a call failed; of a broken stream `partial` holds what had arrived.
        AnswerError: the answer is not what it is held to.
    """

    def __init__(
        self,
        question: Question,
        options: Any,
        began: Callable[[], Question] | None = None,
        finished: Callable[[Question, Any], None] | None = None,
        during: AbstractContextManager[Any] | None = None,
    ) -> None:
        self._course = _Course(
            question, options, began, finished, during or nullcontext(), current_configuration()
        )
        self._chunks: Iterator[Any] = self._course.chunks()

    def __iter__(self) -> AnswerStream:
        return self

    def __next__(self) -> Any:
        return next(self._chunks)

    def text(self) -> Iterator[str]:
        """The content of the first choice, piece by piece as it arrives; pieces are not empty."""
        for chunk in self:
            for choice in getattr(chunk, "choices", None) or ():
                if not getattr(choice, "index", 0):
                    yield from texts_of(getattr(getattr(choice, "delta", None), "content", None))

    def partials(self) -> Iterator[Any]:
        """With -As or -JsonSchema: the value as far as it has come, as it grows; last the checked one."""
        answer = self._course.question.answer
        if answer is None:
            raise TypeError("only an answer with 'As' or 'JsonSchema' has partial values")
        text = ""
        for piece in self.text():
            text += piece
            value = answer.partial_of(text)
            if value is not None:
                yield value
        yield self._course.reply.Parsed

    def completion(self) -> Any:
        """Read to the end; the last reply, with `Parsed` and `ToolCalls` where asked for."""
        for _ in self:
            continue
        return self._course.reply

    def close(self) -> None:
        """Close the connection at once; iterating afterwards ends."""
        stream, self._course.open = self._course.open, None
        if stream is not None:
            stream.close()
        chunks, self._chunks = self._chunks, iter(())
        if isinstance(chunks, Generator):
            with suppress(ValueError):  # another thread is reading, which ends with the connection
                chunks.close()

    def __enter__(self) -> AnswerStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
