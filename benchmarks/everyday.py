"""What tools, typed answers and conversations cost, beside plain calls and beside `openai`'s client.

    python -m benchmarks.everyday [--rounds N]

Everything is measured in turns in one run, in processor time but for pytest's start; medians are compared.
The server is a process of its own, and answers at once.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import openai
from pydantic import BaseModel, create_model

import psbridge as ps
from psbridge.chat.tools import tool
from psbridge.chat.typed import answer_type

from .bridge import medians as wall_medians
from .bridge import row, serve, stop


class Ticket(BaseModel):
    queue: Literal["billing", "access"]
    urgent: bool
    note: str | None = None


def weather(city: str, days: int = 3, unit: Literal["C", "F"] = "C", tags: list[str] | None = None) -> str:
    """The weather of a city.

    Args:
        city: where.
        days: how many.
    """
    return f"{city} {days} {unit} {tags}"


def medians(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of the processor for each work, done in turns; the first twenty turns do not count."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 20):
        for taken, work in zip(times, works, strict=True):
            started = time.process_time()
            work()
            taken.append(time.process_time() - started)
    return [statistics.median(taken[20:]) for taken in times]


def tools(rounds: int) -> None:
    """A tool's schema, made anew each time, and asked for again."""
    fields: Any = {
        "city": (str, ...),
        "days": (int, 3),
        "unit": (Literal["C", "F"], "C"),
        "tags": (list[str] | None, None),
    }

    def official() -> Any:
        arguments = create_model("weather", **fields)
        return openai.pydantic_function_tool(arguments, name="weather", description="The weather of a city.")

    made = tool(weather)
    ours, again, theirs = medians(rounds, lambda: tool(weather), lambda: made.definition, official)
    row("a tool of a function", ours, "pydantic_function_tool", theirs)
    row("its definition, once it is made", again, "pydantic_function_tool", theirs)


def calls(rounds: int, url: str) -> None:
    """A typed answer beside a plain call that asks for the same; a message beside the whole conversation."""
    client = openai.OpenAI(base_url=url, api_key="sk-offline", max_retries=0)
    ask: Any = ps.New_ChatCompletion
    schema: Any = answer_type(Ticket).response_format
    messages: Any = [{"role": "user", "content": "Which queue?"}]
    plain, typed, parsed, created = medians(
        rounds,
        lambda: ask(Messages=messages, Model="m", ResponseFormat=schema),
        lambda: ask(Messages=messages, Model="m", As=Ticket),
        lambda: client.chat.completions.parse(messages=messages, model="m", response_format=Ticket),
        lambda: client.chat.completions.create(messages=messages, model="m", response_format=schema),
    )
    row("a typed answer", typed, "the same call, plain", plain)
    row("a typed answer", typed, "openai's parse", parsed)
    row("openai's parse", parsed, "its create", created)
    history: Any = [
        {"role": ("user", "assistant")[number % 2], "content": f"message {number}"} for number in range(40)
    ]

    def sent() -> Any:
        return ps.ChatSession(Model="m", Messages=history).send("And now?")

    kept = ps.ChatSession(Model="m", Messages=history)

    def said() -> Any:
        kept.Messages = kept.Messages[:40]
        return kept.send("And now?")

    whole: Any = [*history, {"role": "user", "content": "And now?"}]
    said_, sent_, plain = medians(rounds, said, sent, lambda: ask(Messages=whole, Model="m"))
    row("a message in a conversation of 40", said_, "the same request, whole", plain)
    row("a conversation made of 40 messages", sent_, "the same request, whole", plain)


def starts(rounds: int) -> None:
    """pytest's start with the plugin, and without it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]

        def run(*more: str) -> None:
            subprocess.run([*plain, *more], cwd=folder, capture_output=True, check=True)

        with_plugin, without = wall_medians(
            max(5, rounds // 20), lambda: run(), lambda: run("-p", "no:psbridge"), warm_up=1
        )
        row("pytest, the plugin unused", with_plugin, "without the plugin", without)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    tools(rounds)
    server, url = serve(0)
    try:
        with ps.use_configuration(ps.Configuration(base_url=url, access_token="sk-offline", proxy="")):
            calls(rounds, url)
    finally:
        stop(server)
    starts(rounds)


if __name__ == "__main__":
    main()
