"""What importing and building cost, beside `openai`'s typed client and bare pydantic doing the same work.

    python benchmarks/builders.py [--rounds N]

Everything is measured in turns in one run, in processor time, so that a busy machine slows all alike; medians
are compared. `openai` builds requests out of typed dicts, which nothing checks; to do the same work they are
also validated by pydantic against openai's own types. "Bare pydantic" is a set of models written by hand for
this one request.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, Literal

from openai._utils import maybe_transform  # what openai's client does to a request before it is sent
from openai.types.chat import ChatCompletionUserMessageParam
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import BaseModel, Field, TypeAdapter

import psbridge as ps
from psbridge.cli import page

IMPORTS = ("pass", "import psbridge", "import pydantic", "import openai")


class UserMessage(BaseModel):
    content: str
    role: Literal["user"]
    name: str | None = None


class Function(BaseModel):
    name: str
    arguments: str


class ToolCall(BaseModel):
    id: str
    type: Literal["function"]
    function: Function


class Message(BaseModel):
    content: str
    role: str
    name: str | None = None
    refusal: str | None = None
    audio: dict[str, str] | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None
    tool_call_id: str | None = None


class Definition(BaseModel):
    description: str | None = None
    name: str
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(BaseModel):
    type: Literal["function"]
    function: Definition


class JsonSchema(BaseModel):
    description: str | None = None
    name: str
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(BaseModel):
    type: str
    json_schema: JsonSchema | None = None


class Request(BaseModel):
    messages: list[Message] = Field(min_length=1)
    model: str
    store: bool | None = None
    reasoning_effort: str | None = None
    metadata: dict[str, str] | None = None
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    logit_bias: dict[str, int] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = Field(default=None, ge=1, le=128)
    modalities: list[str] | None = None
    audio: dict[str, str] | None = None
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    response_format: ResponseFormat | None = None
    seed: int | None = None
    service_tier: str | None = None
    stream: bool | None = None
    stream_options: dict[str, bool] | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    tools: list[Tool] | None = None
    tool_choice: dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    user: str | None = None
    function_call: dict[str, str] | None = None
    functions: list[Definition] | None = None


def import_costs(rounds: int) -> dict[str, float]:
    """Seconds of processor time a fresh interpreter has used once it has run each statement."""
    samples: dict[str, list[float]] = {statement: [] for statement in IMPORTS}
    for _ in range(rounds):
        for statement in IMPORTS:
            program = f"{statement}\nimport time\nprint(time.process_time())"
            done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
            samples[statement].append(float(done.stdout))
    return {statement: statistics.median(times) for statement, times in samples.items()}


def medians(works: dict[str, Callable[[], object]], rounds: int, loops: int) -> dict[str, float]:
    """Seconds one call of each work takes; each round takes all works in turn."""
    samples: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        for _ in range(loops):
            work()
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.process_time()
            for _ in range(loops):
                work()
            samples[name].append((time.process_time() - begun) / loops)
    return {name: statistics.median(times) for name, times in samples.items()}


def message_works() -> dict[str, Callable[[], object]]:
    """One user message."""
    adapter = TypeAdapter(ChatCompletionUserMessageParam)
    return {
        "psbridge": lambda: ps.Initialize_ChatCompletionRequestUserMessage(Content="hi", Role="user"),
        "openai, unchecked": lambda: ChatCompletionUserMessageParam(content="hi", role="user"),
        "openai, validated": lambda: adapter.validate_python(
            ChatCompletionUserMessageParam(content="hi", role="user")
        ),
        "bare pydantic": lambda: UserMessage(content="hi", role="user"),
    }


def request_works() -> dict[str, Callable[[], object]]:
    """The page's whole request as JSON: 20 builder calls here, one literal there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.PSBridgeWarning)
        body: dict[str, Any] = json.loads(page.build_request(ps).model_dump_json())
    body["model"] = "gpt-4o"
    del body["prediction"]  # the page leaves it incomplete
    adapter: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsNonStreaming)
    # The page's message mixes members of several kinds, which openai's types do not allow: a plain one there.
    plain = {**body, "messages": [{"role": "user", "content": "MyContent"}]}
    plain["response_format"] = {"type": "text"}

    def dumped(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    return {
        "psbridge": lambda: page.build_request(ps).model_dump_json().encode(),
        "openai, unchecked": lambda: dumped(maybe_transform(body, CompletionCreateParamsNonStreaming)),
        "openai, validated": lambda: dumped(
            maybe_transform(adapter.validate_python(plain), CompletionCreateParamsNonStreaming)
        ),
        "bare pydantic": lambda: Request(**body).model_dump_json(exclude_unset=True, by_alias=True).encode(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure importing and building.")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is measured (default 15)")
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore", ps.PSBridgeWarning)
    imports = import_costs(rounds)
    bare = imports.pop("pass")
    _table(
        f"import, over a bare interpreter ({bare * 1e3:.0f} ms)",
        {name.removeprefix("import "): seconds - bare for name, seconds in imports.items()},
        "psbridge",
        1e3,
        "ms",
    )
    _table("one user message", medians(message_works(), rounds, 2000), "psbridge", 1e6, "µs")
    _table(
        "the page's request, built and serialised",
        medians(request_works(), rounds, 200),
        "psbridge",
        1e6,
        "µs",
    )


def _table(title: str, found: dict[str, float], own: str, scale: float, unit: str) -> None:
    print(f"\n{title}")
    for name, seconds in found.items():
        print(f"  {name:<20} {seconds * scale:>9.1f} {unit}   {seconds / found[own]:>7.2f} of psbridge's")


if __name__ == "__main__":
    main()
