"""What a cluster's coordinator and hosts say to each other."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from psbridge.runs.host import Outbox


@pytest.mark.parametrize("gap", [0.0, 0.001])
def test_what_there_is_to_say_is_said_once(gap: float) -> None:
    """And nothing is said where there is nothing, however many messages are still on their way."""
    gathered: list[str] = []
    said: list[list[str]] = []

    def news() -> dict[str, Any]:
        words = gathered.copy()
        gathered.clear()
        return {"words": words}

    async def put(message: bytes) -> None:
        said.append(pickle.loads(message)["words"])
        await asyncio.sleep(0)

    async def talk() -> None:
        outbox = Outbox(news, put, gap)
        running = asyncio.ensure_future(outbox.run())
        for number in range(5):
            gathered.extend((f"{number} a", f"{number} b"))
            outbox.wake()
            while len(said) <= number:
                await asyncio.sleep(0)
            await asyncio.sleep(gap * 5)  # one that is said in vain follows in this time
            for _ in range(20):
                await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(talk())
    assert said == [[f"{number} a", f"{number} b"] for number in range(5)]
