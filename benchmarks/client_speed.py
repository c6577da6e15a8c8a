"""The chat client against `openai` (default and aiohttp transports) and bare httpx, in one run.

    python benchmarks/client_speed.py [--repeats 5] [--million]

The server runs in a process of its own; so does every single measurement, so that no contender warms up
another. Contenders take turns, and each figure is the median of its repeats. `--million` also sends a million
requests from a generator, and reports how resident memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

BODY: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello there"}]}
HERE = Path(__file__).parent
KEY = "sk-benchmark"
SERIAL = 500
IN_FLIGHT = 256
CONCURRENT = 1_500
CHUNKS = 10_000


def url(port: int) -> str:
    """The server's base URL."""
    return f"http://127.0.0.1:{port}/v1"


# One call after another: microseconds a call


def serial_psbridge(port: int, transport: str = "httpcore") -> float:
    from psbridge.client import Client, Configuration

    with Client(Configuration(base_url=url(port), access_token=KEY, transport=transport)) as client:
        return serially(lambda: client.create(BODY))


def serial_by_httpx(port: int) -> float:
    return serial_psbridge(port, "httpx")


def serial_by_httpx2(port: int) -> float:
    return serial_psbridge(port, "httpx2")


def serial_httpx(port: int) -> float:
    import httpx

    with httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, trust_env=False) as client:
        return serially(lambda: client.post(f"{url(port)}/chat/completions", json=BODY).json())


def serial_openai(port: int) -> float:
    import openai

    with openai.OpenAI(api_key=KEY, base_url=url(port)) as client:
        return serially(lambda: client.chat.completions.create(**BODY))


def serially(call: Callable[[], object]) -> float:
    """Microseconds a call, the first not counted."""
    call()
    start = time.perf_counter()
    for _ in range(SERIAL):
        call()
    return (time.perf_counter() - start) / SERIAL * 1e6


# 256 in flight: calls a second


def concurrent_psbridge(port: int, transport: str = "httpcore") -> float:
    from psbridge.client import AsyncClient, Configuration

    async def main() -> float:
        configuration = Configuration(base_url=url(port), access_token=KEY, transport=transport)
        async with AsyncClient(configuration) as client:
            return await at_once(lambda: client.create(BODY))

    return asyncio.run(main())


def concurrent_by_httpx2(port: int) -> float:
    return concurrent_psbridge(port, "httpx2")


def concurrent_psbridge_map(port: int) -> float:
    from psbridge.client import Client, Configuration

    with Client(Configuration(base_url=url(port), access_token=KEY)) as client:
        list(client.map([BODY] * IN_FLIGHT, concurrency=IN_FLIGHT))
        start = time.perf_counter()
        done = sum(outcome.ok for outcome in client.map([BODY] * CONCURRENT, concurrency=IN_FLIGHT))
        return done / (time.perf_counter() - start)


def concurrent_httpx(port: int) -> float:
    import httpx

    async def main() -> float:
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
        async with httpx.AsyncClient(limits=limits, timeout=600, trust_env=False) as client:
            return await at_once(lambda: client.post(f"{url(port)}/chat/completions", json=BODY))

    return asyncio.run(main())


def concurrent_openai(port: int) -> float:
    import openai

    async def main() -> float:
        async with openai.AsyncOpenAI(api_key=KEY, base_url=url(port), timeout=600) as client:
            return await at_once(lambda: client.chat.completions.create(**BODY))

    return asyncio.run(main())


def concurrent_openai_aiohttp(port: int) -> float:
    import openai

    async def main() -> float:
        transport = openai.DefaultAioHttpClient()
        async with openai.AsyncOpenAI(
            api_key=KEY, base_url=url(port), timeout=600, http_client=transport
        ) as client:
            return await at_once(lambda: client.chat.completions.create(**BODY))

    return asyncio.run(main())


async def at_once(call: Callable[[], Awaitable[object]]) -> float:
    """Calls a second with 256 in flight, the first of each worker not counted."""

    async def work(numbers: Iterator[int]) -> None:
        for _ in numbers:
            await call()

    await asyncio.gather(*(call() for _ in range(IN_FLIGHT)))
    numbers = iter(range(CONCURRENT))
    start = time.perf_counter()
    await asyncio.gather(*(work(numbers) for _ in range(IN_FLIGHT)))
    return CONCURRENT / (time.perf_counter() - start)


# Import, client and first call: milliseconds


def first_psbridge(port: int) -> float:
    start = time.perf_counter()
    from psbridge.client import Client, Configuration

    with Client(Configuration(base_url=url(port), access_token=KEY)) as client:
        client.create(BODY)
        return (time.perf_counter() - start) * 1e3


def first_psbridge_typed(port: int) -> float:
    start = time.perf_counter()
    from psbridge.client import Client, Configuration
    from psbridge.cmdlets.codec import ModelCodec

    with Client(Configuration(base_url=url(port), access_token=KEY), codec=ModelCodec()) as client:
        client.create(BODY)
        return (time.perf_counter() - start) * 1e3


def first_openai(port: int) -> float:
    start = time.perf_counter()
    import openai

    with openai.OpenAI(api_key=KEY, base_url=url(port)) as client:
        client.chat.completions.create(**BODY)
        return (time.perf_counter() - start) * 1e3


# Reading a stream: chunks a second


def stream_psbridge_typed(port: int) -> float:
    from psbridge.client import Client, Configuration
    from psbridge.cmdlets.codec import ModelCodec

    with Client(Configuration(base_url=url(port), access_token=KEY), codec=ModelCodec()) as client:
        return chunks_a_second(lambda: client.stream(BODY))


def stream_psbridge(port: int) -> float:
    from psbridge.client import Client, Configuration

    with Client(Configuration(base_url=url(port), access_token=KEY)) as client:
        return chunks_a_second(lambda: client.stream(BODY))


def stream_openai(port: int) -> float:
    import openai

    with openai.OpenAI(api_key=KEY, base_url=url(port)) as client:
        return chunks_a_second(lambda: client.chat.completions.create(**BODY, stream=True))


def chunks_a_second(open_stream: Callable[[], Any]) -> float:
    """Chunks a second, over three streams; one before them is not counted."""
    for _ in open_stream():
        continue
    start = time.perf_counter()
    count = sum(1 for _ in range(3) for _ in open_stream())
    return count / (time.perf_counter() - start)


# A million requests from a generator: growth of resident memory in MiB


def million(port: int) -> float:
    from psbridge.client import Client, Configuration

    total, early, most = 1_000_000, 0.0, 0.0
    with Client(Configuration(base_url=url(port), access_token=KEY)) as client:
        requests = ({**BODY, "user": str(number)} for number in range(total))
        for outcome in client.map(requests, concurrency=IN_FLIGHT):
            assert outcome.ok
            if outcome.index == 20_000:
                early = resident()
            elif outcome.index > 20_000 and outcome.index % 1_000 == 0:
                most = max(most, resident())
    return most - early


def resident() -> float:
    """This process's resident memory in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


TABLE: dict[str, tuple[str, list[Callable[[int], float]]]] = {
    "one call after another": ("µs a call", [serial_psbridge, serial_httpx, serial_openai]),
    f"{IN_FLIGHT} in flight": (
        "calls a second",
        [
            concurrent_psbridge,
            concurrent_psbridge_map,
            concurrent_httpx,
            concurrent_openai,
            concurrent_openai_aiohttp,
        ],
    ),
    "one call after another, by transport": (
        "µs a call",
        [serial_psbridge, serial_by_httpx, serial_by_httpx2],
    ),
    f"{IN_FLIGHT} in flight, by transport": (
        "calls a second",
        [concurrent_psbridge, concurrent_by_httpx2],  # httpx takes minutes
    ),
    "import, client and first call": ("ms", [first_psbridge, first_psbridge_typed, first_openai]),
    "reading a stream": ("chunks a second", [stream_psbridge, stream_psbridge_typed, stream_openai]),
}


def measured(name: str, port: int) -> float | None:
    """One measurement, in a fresh process; None where what it measures is not installed."""
    clean = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY") and "OPENAI" not in k}
    done = subprocess.run(
        [sys.executable, __file__, "--measure", name, "--port", str(port)],
        capture_output=True,
        text=True,
        env=clean,
    )
    if "ModuleNotFoundError" in done.stderr or "must have installed" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return float(json.loads(done.stdout))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(globals()[arguments.measure](arguments.port)))
        return
    command = [sys.executable, str(HERE / "client_server.py"), str(CHUNKS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            report(int(server.stdout.readline()), arguments.repeats, arguments.million)
        finally:
            server.kill()


def report(port: int, repeats: int, with_million: bool) -> None:
    """Measure everything and print the table."""
    for title, (unit, contenders) in TABLE.items():
        found: dict[str, list[float]] = {contender.__name__: [] for contender in contenders}
        for _ in range(repeats):
            for name, values in found.items():
                value = measured(name, port)
                if value is not None:
                    values.append(value)
        medians = {name: statistics.median(values) for name, values in found.items() if values}
        first = next(iter(medians.values()))
        print(f"{title} ({unit}, median of {repeats})")
        for name, value in medians.items():
            print(f"  {name.partition('_')[2]:<20}{value:>12,.1f}   x{value / first:.2f}", flush=True)
    if with_million:
        print(f"a million requests: resident memory grew by {measured('million', port) or 0.0:.1f} MiB")


if __name__ == "__main__":
    main()
