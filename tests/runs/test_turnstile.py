"""A run sends nothing while its replies are not on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from psbridge.runs.caps import Caps
from psbridge.runs.claims import DONE, Claim, Outcome
from psbridge.runs.engine import AskingEngine
from psbridge.runs.turnstile import MOST_UNWRITTEN, Turnstile

from .test_ledger import REPLY, answered, filled


def test_nothing_goes_out_until_replies_are_on_the_disk() -> None:
    async def main() -> None:
        unwritten = MOST_UNWRITTEN
        out: list[int] = []
        turnstile = Turnstile(4, lambda: unwritten)

        async def one(number: int) -> None:
            await turnstile.turn()
            out.append(number)

        tasks = [asyncio.ensure_future(one(number)) for number in range(3)]
        await asyncio.sleep(0.05)
        assert out == []
        unwritten -= 1
        turnstile.written()
        await asyncio.gather(*tasks)
        assert out == [0, 1, 2]

    asyncio.run(main())


def test_a_disk_that_stands_still_leaves_few_replies_unwritten(tmp_path: Path) -> None:
    """Somebody else holds the ledger: the run asks for no more than may be under way, and a few."""
    path, width, count = filled(tmp_path / "t.db", 200), 4, 200
    asked: list[int] = []
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    async def main() -> str:
        begun = asyncio.Event()

        async def ask(claim: Claim) -> Outcome:
            asked.append(claim.seq)
            if len(asked) == 1:
                other.execute("begin immediate")  # what is claimed by now is enough for the whole width
                begun.set()
            await asyncio.sleep(0)
            return Outcome(claim, DONE, status=200, reply=REPLY)

        run = asyncio.ensure_future(AskingEngine(path, ask, caps=Caps(), width=width).run())
        await begun.wait()
        while len(asked) < MOST_UNWRITTEN:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        assert len(asked) <= width + MOST_UNWRITTEN
        other.execute("rollback")
        return await run

    try:
        assert asyncio.run(main()) == ""
    finally:
        other.close()
    assert len(asked) == count and answered(path) == set(range(1, count + 1))
