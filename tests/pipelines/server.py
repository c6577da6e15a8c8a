"""A service that does with a request what its content says, and notices how many it has at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from client.faulty import COMPLETION, Connection


class Telling:
    """A handler for `FaultyServer`.

    `under way` tells how many other requests there are now, `wait S ...` answers after S seconds,
    `429 N times ...` refuses N times first, `429 for a day` asks once to come back much later, `400 ...`
    refuses; all else is answered at once. An answer is its request's content.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.now = 0
        self.most = 0

    async def __call__(self, connection: Connection) -> None:
        while True:
            received = await connection.request()
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                reply, status, headers = await self._reply(
                    connection, received.json["messages"][0]["content"]
                )
            finally:
                self.now -= 1
            await connection.reply(reply, status, **headers)

    async def _wait(self, connection: Connection, seconds: float) -> None:
        """That long, or until the client leaves: it says nothing while it waits."""
        leaving = asyncio.ensure_future(connection.reader.read(1))
        try:
            await asyncio.wait_for(asyncio.shield(leaving), seconds)
            raise ConnectionResetError
        except asyncio.TimeoutError:
            leaving.cancel()
            await asyncio.wait([leaving])

    async def _reply(
        self, connection: Connection, content: str
    ) -> tuple[dict[str, Any], int, dict[str, str]]:
        words = content.split()
        self.asked[content] += 1
        error = {"error": {"message": content}}
        match words:
            case ["wait", seconds, *_]:
                await self._wait(connection, float(seconds))
            case ["under", "way"]:
                content = str(self.now - 1)
            case ["429", "for", *_] if self.asked[content] == 1:
                return error, 429, {"retry_after": "86400"}
            case ["429", times, "times", *_] if self.asked[content] <= int(times):
                return error, 429, {"retry_after_ms": "20"}
            case ["400", *_]:
                return error, 400, {}
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {**COMPLETION, "choices": [choice]}, 200, {}
