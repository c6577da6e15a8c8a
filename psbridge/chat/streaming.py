"""Answers as they grow: the chunks of every round, tools run in between, the whole reply at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from ..client import ChatStream
from ..cmdlets import completion
from .asking import Ask, Question, run_calls, steps


class AnswerStream:
    """Iterate it for typed chunks, or use `text`, `partials` or `completion`; close it, or use `with`.

    Args:
        question: what is asked.
        options: the client's options of each call.
        finished: told the last reply once it is whole.

    Raises, while it is read:
        ClientError: a call failed; of a broken stream `partial` holds what had arrived.
        AnswerError: the answer is not what it is held to.
    """

    def __init__(
        self, question: Question, options: Any, finished: Callable[[Any], None] | None = None
    ) -> None:
        self._question = question
        self._options = options
        self._finished = finished
        self._open: ChatStream | None = None
        self._reply: Any = None
        self._chunks = self._all_chunks()

    def __iter__(self) -> AnswerStream:
        return self

    def __next__(self) -> Any:
        return next(self._chunks)

    def _all_chunks(self) -> Iterator[Any]:
        work = steps(self._question)
        outcome: Any = None
        try:
            while True:
                step = work.send(outcome)
                outcome = None
                if isinstance(step, Ask):
                    body = completion.as_bytes(step.request)
                    with completion.client().stream(body, **self._options) as stream:
                        self._open = stream
                        yield from stream
                        outcome = stream.completion()
                    self._open = None
                else:
                    run_calls(step, self._question)
        except StopIteration as end:
            self._reply = end.value
        finally:
            work.close()
        if self._finished is not None:
            self._finished(self._reply)

    def text(self) -> Iterator[str]:
        """The content of the first choice, piece by piece as it arrives; pieces are not empty."""
        for chunk in self:
            for choice in getattr(chunk, "choices", None) or ():
                piece = getattr(getattr(choice, "delta", None), "content", None)
                if piece and not getattr(choice, "index", 0):
                    yield piece

    def partials(self) -> Iterator[Any]:
        """With -As or -JsonSchema: the value as far as it has come, as it grows; last the checked one."""
        answer = self._question.answer
        if answer is None:
            raise TypeError("only an answer with 'As' or 'JsonSchema' has partial values")
        text = ""
        for piece in self.text():
            text += piece
            value = answer.partial_of(text)
            if value is not None:
                yield value
        yield self._reply.Parsed

    def completion(self) -> Any:
        """Read to the end; the last reply, with `Parsed` and `ToolCalls` where asked for."""
        for _ in self:
            continue
        return self._reply

    def close(self) -> None:
        """Close the connection at once; iterating afterwards ends."""
        stream, self._open = self._open, None
        if stream is not None:
            stream.close()
        self._chunks = iter(())

    def __enter__(self) -> AnswerStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
