"""The two drivers of the retry loop: what `exchange` asks for, done blocking and done on asyncio."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from ..clock import Cancellation, Clock
from ..settings.keys import KeyCache
from ..wire.transport import AsyncTransport, Transport
from .commands import AskKey, Close, Command, Read, Send, Sleep

T = TypeVar("T")


class Driver:
    """Does blocking what a generator of commands asks for."""

    def __init__(self, transport: Transport, keys: KeyCache, clock: Clock) -> None:
        self.transport = transport
        self.keys = keys
        self.clock = clock

    def run(self, steps: Generator[Command, Any, T], cancellation: Cancellation | None = None) -> T:
        """Run `steps` to its result."""
        try:
            command = next(steps)
            while True:
                try:
                    result = self._do(command, cancellation)
                except BaseException as error:
                    command = steps.throw(error)
                else:
                    command = steps.send(result)
        except StopIteration as stop:
            value: T = stop.value
            return value

    def _do(self, command: Command, cancellation: Cancellation | None) -> Any:
        if isinstance(command, Read):
            return command.response.read(command.until)
        if isinstance(command, Send):
            return self.transport.send(*command)
        if isinstance(command, Close):
            return command.response.close()
        if isinstance(command, Sleep):
            return self.clock.sleep(command.seconds, cancellation)
        assert isinstance(command, AskKey)
        return self.keys.get(command.source, command.rejected, command.bounds)


class AsyncDriver:
    """Does on asyncio what a generator of commands asks for."""

    def __init__(self, transport: AsyncTransport, keys: KeyCache, clock: Clock) -> None:
        self.transport = transport
        self.keys = keys
        self.clock = clock

    async def run(self, steps: Generator[Command, Any, T]) -> T:
        """Run `steps` to its result."""
        try:
            command = next(steps)
            while True:
                try:
                    result = await self._do(command)
                except BaseException as error:
                    command = steps.throw(error)
                else:
                    command = steps.send(result)
        except StopIteration as stop:
            value: T = stop.value
            return value

    async def _do(self, command: Command) -> Any:
        if isinstance(command, Read):
            return await command.response.read(command.until)
        if isinstance(command, Send):
            return await self.transport.send(*command)
        if isinstance(command, Close):
            return await command.response.close()
        if isinstance(command, Sleep):
            return await self.clock.sleep_async(command.seconds)
        assert isinstance(command, AskKey)
        return await self.keys.get_async(command.source, command.rejected, command.bounds)
