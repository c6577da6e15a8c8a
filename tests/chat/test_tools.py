"""Tools from functions: their schemas, and the loop of a model that uses them."""

from __future__ import annotations

import asyncio
import enum
import inspect
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pytest
from pydantic import create_model

import psbridge as ps
from psbridge.chat.hints import plain_schema
from psbridge.chat.schema import tidied
from psbridge.chat.session import ChatSession
from psbridge.chat.tools import Tool, tool
from psbridge.testing import OfflineOpenAI, tool_call

from .signatures import SIGNATURES, Signature, Unit, optional, plain

ask = ps.New_ChatCompletion


@pytest.mark.parametrize("row", SIGNATURES, ids=lambda row: row.function.__name__)
def test_the_schema_is_what_one_would_write_by_hand(row: Signature) -> None:
    made = tool(row.function)
    assert made.parameters["properties"] == row.properties
    assert made.parameters["required"] == row.required
    assert made.parameters["additionalProperties"] is False
    assert made.parameters.get("$defs", {}) == row.definitions
    assert made.strict is row.strict


@pytest.mark.parametrize("row", SIGNATURES, ids=lambda row: row.function.__name__)
def test_the_service_takes_every_tool_s_definition(server: OfflineOpenAI, row: Signature) -> None:
    server.reply("fine")
    assert ask(Messages="x", Model="m", Tools=[tool(row.function)], TextOnly=True) == "fine"


def test_choices_stay_in_the_order_they_are_written_in() -> None:
    def one(a: Literal["x", "y"]) -> None: ...
    def other(a: Literal["y", "x"]) -> None: ...

    assert tool(one).parameters["properties"]["a"]["enum"] == ["x", "y"]
    assert tool(other).parameters["properties"]["a"]["enum"] == ["y", "x"]


def test_a_schema_belongs_to_its_tool() -> None:
    first, second = tool(plain), tool(plain)
    first.parameters["properties"]["city"]["description"] = "changed"
    assert second.parameters["properties"]["city"] == {"type": "string"}


def test_sixty_signatures_are_compared() -> None:
    assert len({row.function for row in SIGNATURES}) >= 60


GOOGLE = """Find a ticket.

    Looks at open ones first.

    Args:
        text: what it is
            about.
        most: how many.
    """
NUMPY = """Find a ticket.

    Looks at open ones first.

    Parameters
    ----------
    text : str
        what it is
        about.
    most
        how many.
    """
SPHINX = """Find a ticket.

    Looks at open ones first.

    :param text: what it is
        about.
    :param most: how many.
    """


@pytest.mark.parametrize("docstring", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_descriptions_come_from_the_docstring(docstring: str) -> None:
    def find(text: str, most: int = 5) -> None: ...

    find.__doc__ = docstring
    made = tool(find)
    assert made.description == "Find a ticket.\n\nLooks at open ones first."
    assert made.parameters["properties"]["text"]["description"] == "what it is about."
    assert made.parameters["properties"]["most"]["description"] == "how many."


@pytest.mark.parametrize(
    ("docstring", "description", "words"),
    [
        ("Find tickets that\n    are open.\n\n    Now.\n    ", "Find tickets that\nare open.\n\nNow.", None),
        ("\n    Args:\n        text: what.\n    ", "", "what."),
        ("Note: slow.", "Note: slow.", None),
    ],
)
def test_a_description_keeps_its_lines(docstring: str, description: str, words: str | None) -> None:
    def find(text: str) -> None: ...

    find.__doc__ = docstring
    made = tool(find)
    assert (made.description, made.parameters["properties"]["text"].get("description")) == (
        description,
        words,
    )


class Single(enum.Enum):
    only = "x"


class Twice(enum.Enum):
    first = "x"
    again = "x"  # noqa: PIE796 - what is tried


class Told(enum.Enum):
    """What is told."""

    yes = "y"


class Rights(enum.Flag):
    read = 1
    write = 2


HINTS: list[Any] = [
    Any, list, dict, dict[str, Any], dict[str, int | None], dict[int, str], Mapping[str, list[int]], None,
    list[Any], int | str | None, None | str, Literal["a", 1], Literal[True], Literal["a"], Literal["a", None],
    list[int] | Sequence[int], Single, Twice, Told, Rights, Single | Unit, list[Unit | None], bytes,
]  # fmt: skip


def test_what_is_known_of_plain_hints_is_what_pydantic_says() -> None:
    hints = [
        hint for row in SIGNATURES for hint in inspect.get_annotations(row.function, eval_str=True).values()
    ]
    known = [(hint, plain_schema(hint)) for hint in [*hints, *HINTS]]
    assert len([schema for _, schema in known if schema is not None]) >= 40
    for hint, schema in known:
        if schema is not None:
            whole: Any = create_model("Whole", a=(hint, ...))
            assert schema == tidied(whole.model_json_schema())["properties"]["a"]


def starred(*names: str) -> None: ...
def unknown(thing: threading.Lock) -> None: ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (starred, r"'\*names' cannot be described"),
        (unknown, "parameter without a JSON schema"),
        (lambda: None, "must be 1 to 64 letters"),
    ],
)
def test_what_has_no_schema_is_said(function: Any, says: str) -> None:
    with pytest.raises(ps.InvalidValueError, match=says):
        tool(function)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ('{"city": "x"}', "days: Field required"),
        ('{"city": "x", "days": "many"}', "days: "),
        ('{"city": "x", "days": 1, "extra": 1}', "extra: "),
    ],
)
def test_arguments_that_do_not_fit_name_the_argument(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        tool(plain).arguments_of(text)


def test_a_null_for_an_optional_argument_means_that_it_was_left_out() -> None:
    assert tool(optional).arguments_of('{"city": "x", "days": null, "unit": "F"}') == (
        (),
        {"city": "x", "unit": Unit.fahrenheit},
    )


def test_a_tool_can_still_be_called() -> None:
    @tool
    def double(n: int) -> int:
        """Twice."""
        return 2 * n

    assert double(4) == 8 and isinstance(double, Tool) and double.__doc__ == "Twice."


@tool
def weather(city: str, days: int = 3) -> dict[str, Any]:
    """The weather of a city."""
    return {"city": city, "days": days}


def messages(server: OfflineOpenAI) -> list[dict[str, Any]]:
    return list(server.requests[-1].json["messages"])


def test_nothing_runs_unless_asked(server: OfflineOpenAI) -> None:
    server.reply(tool_call("weather", city="Bonn"))
    reply = ask(Messages="x", Model="m", Tools=[weather])
    assert reply.choices[0].finish_reason == "tool_calls" and len(server.requests) == 1


def test_the_loop_runs_until_there_is_a_text(server: OfflineOpenAI) -> None:
    server.reply([tool_call("weather", city="Bonn"), tool_call("weather", city="Kiel", days=1)], "Sunny.")
    reply = ask(Messages="x", Model="m", Tools=[weather], InvokeTools="Auto")
    assert reply.choices[0].message.content == "Sunny."
    assert [(call.Name, call.Result) for call in reply.ToolCalls] == [
        ("weather", {"city": "Bonn", "days": 3}),
        ("weather", {"city": "Kiel", "days": 1}),
    ]
    assert [message["role"] for message in messages(server)] == ["user", "assistant", "tool", "tool"]
    assert server.requests[0].json["tools"][0]["function"]["strict"] is True
    assert "ToolCalls" not in reply.model_dump_json()


def test_twenty_rounds_end_where_the_limit_says(server: OfflineOpenAI) -> None:
    server.reply(*[tool_call("weather", city=str(number)) for number in range(20)], "done")
    reply = ask(Messages="x", Model="m", Tools=[weather], InvokeTools="Auto", MaxToolRounds=20)
    assert reply.choices[0].message.content == "done" and len(reply.ToolCalls) == 20


def test_beyond_the_limit_the_last_reply_comes_back_with_a_warning(server: OfflineOpenAI) -> None:
    server.reply(tool_call("weather", city="x"), when=lambda body: True)
    with pytest.warns(ps.PSBridgeWarning, match=r"PSBridge\.ToolRounds"):
        reply = ask(Messages="x", Model="m", Tools=[weather], InvokeTools="Auto", MaxToolRounds=2)
    assert len(reply.ToolCalls) == 2 and reply.choices[0].message.tool_calls and len(server.requests) == 3


@tool
def failing(n: int) -> int:
    raise LookupError("no such ticket")


@tool(timeout=0.2)
def hanging() -> None:
    time.sleep(3)


@tool
def large() -> str:
    return "x" * 5_000_000


@tool
def asking() -> str:
    reply = ask(Messages="inner", Model="m", TextOnly=True)
    return str(reply)


@tool
def leaving() -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (tool_call("leaving"), "Error: SystemExit: 3"),
        (tool_call("failing", n=1), "Error: LookupError: no such ticket"),
        (tool_call("failing", n="many"), "Error: n: "),
        (tool_call("nobody"), "Error: there is no tool 'nobody'; the tools are: "),
        (tool_call("hanging"), "Error: the tool did not answer within 0.2 seconds"),
    ],
)
def test_what_goes_wrong_is_told_to_the_model_and_the_loop_goes_on(
    server: OfflineOpenAI, call: Any, says: str
) -> None:
    server.reply(call, "sorry")
    reply = ask(Messages="x", Model="m", Tools=[failing, hanging, leaving], InvokeTools="Auto")
    assert reply.choices[0].message.content == "sorry"
    assert str(messages(server)[-1]["content"]).startswith(says)
    assert reply.ToolCalls[0].Error and reply.ToolCalls[0].Result is None


def test_a_large_result_and_a_tool_that_asks_itself(server: OfflineOpenAI) -> None:
    server.reply("from inside", when="inner")
    server.reply([tool_call("large"), tool_call("asking")], "fine")
    reply = ask(Messages="x", Model="m", Tools=[large, asking], InvokeTools="Auto")
    assert reply.choices[0].message.content == "fine"
    assert len(reply.ToolCalls[0].Result) == 5_000_000 and reply.ToolCalls[1].Result == "from inside"


class Shop:
    """Has a tool for a method."""

    def __init__(self, name: str) -> None:
        self.name = name

    @tool(timeout=9)
    def stock(self, item: str) -> str:
        """What there is.

        Args:
            item: what to look for.
        """
        return f"{item} in {self.name}"


def test_a_method_is_a_tool_of_its_object(server: OfflineOpenAI) -> None:
    server.reply(tool_call("stock", item="paper"), "fine")
    stock: Any = Shop("Bonn").stock
    assert (stock.description, stock.timeout, list(stock.parameters["properties"])) == (
        "What there is.", 9, ["item"],
    )  # fmt: skip
    assert stock.parameters["properties"]["item"]["description"] == "what to look for."
    assert stock("ink") == "ink in Bonn"
    reply = ask(Messages="x", Model="m", Tools=[stock], InvokeTools="Auto")
    assert reply.ToolCalls[0].Result == "paper in Bonn"


def itself() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (b"\xff\x00", '"_wA="'),
        (float("nan"), "NaN"),
        (None, "null"),
        (itself(), "<list>"),
        ({1: {2}}, '{"1":[2]}'),
    ],
)
def test_any_result_is_told(server: OfflineOpenAI, result: Any, told: str) -> None:
    def give() -> Any:
        return result

    server.reply(tool_call("give"), "fine")
    ask(Messages="x", Model="m", Tools=[tool(give)], InvokeTools="Auto")
    assert messages(server)[-1]["content"] == told


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(server: OfflineOpenAI, seconds: float) -> None:
    with pytest.raises(ps.InvalidValueError, match="'timeout', must be a number of seconds above 0"):
        tool(timeout=seconds)(plain)
    with pytest.raises(ps.InvalidValueError, match="'ToolTimeoutSec', must be"):
        ask(Messages="x", Model="m", Tools=[weather], InvokeTools="Auto", ToolTimeoutSec=seconds)
    assert not server.requests


def test_calls_run_side_by_side_as_wide_as_asked(server: OfflineOpenAI) -> None:
    running, most, lock = 0, 0, threading.Lock()
    met = threading.Barrier(3, timeout=20)

    @tool
    def step(n: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        met.wait()
        with lock:
            running -= 1
        return n

    server.reply([tool_call("step", n=number) for number in range(3)], "done")
    ask(Messages="x", Model="m", Tools=[step], InvokeTools="Auto", ThrottleLimit=3)
    assert most == 3


def test_what_if_shows_the_calls_and_runs_none(server: OfflineOpenAI) -> None:
    server.reply(tool_call("failing", n=1))
    reply = ask(Messages="x", Model="m", Tools=[failing], InvokeTools="Auto", WhatIf=True)
    assert [(call.Name, call.Arguments) for call in reply.ToolCalls] == [("failing", {"n": 1})]
    assert reply.ToolCalls[0].Error is None and len(server.requests) == 1


def test_coroutine_functions_are_awaited(server: OfflineOpenAI) -> None:
    @tool
    async def later(n: int) -> int:
        await asyncio.sleep(0)
        return n + 1

    server.reply(tool_call("later", n=1), "a", tool_call("later", n=2), "b")
    assert ask(Messages="x", Model="m", Tools=[later], InvokeTools="Auto").ToolCalls[0].Result == 2
    session = ChatSession(Model="m")
    reply = asyncio.run(session.asend("x", Tools=[later], InvokeTools="Auto"))
    assert reply.ToolCalls[0].Result == 3


def test_it_works_streamed_with_the_tools_between(server: OfflineOpenAI) -> None:
    server.reply(tool_call("weather", city="Bonn"), "It is fine.")
    stream = ask(Messages="x", Model="m", Tools=[weather], InvokeTools="Auto", Stream=True)
    assert "".join(stream.text()) == "It is fine."
    assert stream.completion().ToolCalls[0].Result == {"city": "Bonn", "days": 3}


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ([weather, weather], "two tools of the name 'weather'"),
        ([plain], "is no tool yet"),
        ([weather, {"type": "function", "function": {"name": "weather"}}], "two tools"),
        ([weather.definition], "needs tools that can be run"),
    ],
)
def test_tools_that_cannot_be_sent_are_refused(server: OfflineOpenAI, tools: Any, says: str) -> None:
    with pytest.raises(ps.InvalidValueError, match=says):
        ask(Messages="x", Model="m", Tools=tools, InvokeTools="Auto")
    assert not server.requests


def test_a_builder_takes_tools_as_what_they_declare(server: OfflineOpenAI) -> None:
    build: Any = ps.Initialize_CreateChatCompletionRequest
    request = build(Messages="x", Model="m", Tools=[weather])
    server.reply(tool_call("weather", city="Bonn"), "fine")
    with pytest.raises(ps.InvalidValueError, match="needs tools that can be run"):
        ask(request, InvokeTools="Auto")
    assert ask(request, InvokeTools="Auto", Tools=[weather], TextOnly=True) == "fine"
    assert server.requests[0].json["tools"] == [weather.definition]


def test_a_forced_choice_holds_for_the_first_request_only(server: OfflineOpenAI) -> None:
    server.reply(tool_call("weather", city="x"), "done")
    ask(Messages="x", Model="m", Tools=[weather], InvokeTools="Auto", ToolChoice="required")
    assert [request.json["tool_choice"] for request in server.requests] == ["required", "auto"]


def test_confirm_needs_somebody_to_ask(server: OfflineOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ps.InvalidValueError, match="needs a console"):
        ask(Messages="x", Model="m", Tools=[weather], InvokeTools="Confirm")
    assert not server.requests
