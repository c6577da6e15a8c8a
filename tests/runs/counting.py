"""A chat server that counts: how often each row was asked for, and how often it was answered.

    python counting.py

prints its port and serves until it is killed. A row is known by `p-<number>` in its request. Control, by GET:
`/reset?delay=50&rate=150&first500=5&bad=1&quota=100` starts counting anew: milliseconds before each reply,
requests a second let through (429 beyond), percent of rows whose first try is a 500, percent of rows that are
always a 400, rows after which the quota is spent, `hold=100` for rows after which nothing is answered until
`/set?hold=0`, which changes settings and counts on. `/stats` has the counts, `/keys` every idempotency key.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from urllib.parse import parse_qsl, urlsplit

_ROW = re.compile(rb"p-(\d+)\b")


class Counts:
    """What was asked, and how to answer."""

    def __init__(self, **settings: float) -> None:
        self.settings = defaultdict(float, settings)
        self.asked: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()
        self.statuses: Counter[int] = Counter()
        self.keys: defaultdict[int, set[str]] = defaultdict(set)
        self.in_flight = self.peak = 0
        self.first = self.last = 0.0
        self.store = self.settings["rate"] / 4
        self.filled = time.monotonic()

    def report(self) -> dict[str, object]:
        """The counts as JSON."""
        return {
            "calls": sum(self.asked.values()),
            "rows": len(self.asked),
            "answered": len(self.answered),
            "answered_twice": sum(1 for count in self.answered.values() if count > 1),
            "asked_twice": sum(1 for count in self.asked.values() if count > 1),
            "statuses": dict(self.statuses),
            "in_flight": self.in_flight,
            "peak": self.peak,
            "span": self.last - self.first,
        }

    def status(self, row: int) -> int:
        """What a request for a row is answered with."""
        settings = self.settings
        if settings["quota"] and len(self.answered) >= settings["quota"]:
            return 402
        if row * 7919 % 10_000 < settings["bad"] * 100:
            return 400
        if self.asked[row] == 1 and row * 2654435761 % 10_000 < settings["first500"] * 100:
            return 500
        if settings["rate"]:
            now = time.monotonic()
            self.store = min(settings["rate"] / 4, self.store + (now - self.filled) * settings["rate"])
            self.filled = now
            if self.store < 1:
                return 429
            self.store -= 1
        return 200


def completion(row: int) -> bytes:
    """A whole reply."""
    return json.dumps(
        {
            "id": f"chatcmpl-{row}",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": f"answer to p-{row}", "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50},
        }
    ).encode()


def problem(status: int) -> bytes:
    """An error's body."""
    code = {402: "insufficient_quota", 429: "rate_limit_exceeded"}.get(status)
    return json.dumps({"error": {"message": "no", "type": code, "param": None, "code": code}}).encode()


class Connection(asyncio.Protocol):
    """One connection."""

    counts = Counts()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].decode("latin-1")
            length = re.search(r"(?im)^content-length: *(\d+)", head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.received) < whole:
                return
            body, self.received = self.received[end + 4 : whole], self.received[whole:]
            self.asked(head, body)

    def asked(self, head: str, body: bytes) -> None:
        """A whole request has come."""
        if head.startswith("GET"):
            self.control(head.split()[1])
            return
        counts = self.counts
        match = _ROW.search(body)
        row = int(match[1]) if match else -1
        counts.first = counts.first or time.monotonic()
        counts.asked[row] += 1
        key = re.search(r"(?im)^idempotency-key: *(\S+)", head)
        counts.keys[row].add(key[1] if key else "")
        counts.in_flight += 1
        counts.peak = max(counts.peak, counts.in_flight)
        status = counts.status(row)
        delay = counts.settings["delay"] / 1000 if status != 429 else 0.002
        asyncio.get_running_loop().call_later(delay, self.answer, counts, row, status)

    def control(self, target: str) -> None:
        """A question about the counts."""
        parts = urlsplit(target)
        if parts.path == "/reset":
            Connection.counts = Counts(**{name: float(value) for name, value in parse_qsl(parts.query)})
        elif parts.path == "/set":
            self.counts.settings.update({name: float(value) for name, value in parse_qsl(parts.query)})
        if parts.path == "/keys":
            report: object = {row: sorted(keys) for row, keys in self.counts.keys.items()}
        else:
            report = self.counts.report()
        self.send(200, json.dumps(report).encode())

    def answer(self, counts: Counts, row: int, status: int) -> None:
        """Answer a request for a row; what the peer no longer hears is not answered."""
        if 0 < counts.settings["hold"] <= len(counts.answered) and not self.transport.is_closing():
            asyncio.get_running_loop().call_later(0.02, self.answer, counts, row, status)
            return
        counts.in_flight -= 1
        counts.last = time.monotonic()
        if self.transport.is_closing():
            return
        counts.statuses[status] += 1
        counts.answered[row] += status == 200
        if status == 200:
            self.send(200, completion(row), f"x-request-id: r{row}\r\n")
        elif status in (402, 429):
            self.send(429, problem(status), "retry-after: 1\r\n")
        else:
            self.send(status, problem(status))

    def send(self, status: int, body: bytes, lines: str = "") -> None:
        """Write a reply."""
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{lines}"
        self.transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)


async def main() -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - whoever started it reads it
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
