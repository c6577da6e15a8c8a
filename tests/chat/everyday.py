"""What people do all day, as cases that every interface runs; data, no code under test.

A step is a cmdlet and its parameters, or the items that are piped into it. In values `{"$session": 0}` is the
conversation so far, `{"$reply": n}` what step n gave, `{"$tools": [...]}` tools of the interface, `{"$file":
name}` a file of `FILES`; in answers `{"$call": name, "arguments": {...}}` is a tool's call and
`{"$fault": status}` a failure. Each case takes all its answers. An outcome is what the last step gave, at the
place `get`, or an error: its id, and what it says.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PRICES = {"m": {"input": 1, "cached_input": 0.5, "output": 2}}
FILES: dict[str, bytes] = {
    "a.log": b"from a file",
    "binary.log": b"\0\1\2",
    "picture.txt": PNG,
    "cut.json": b'{"kind": "psbridge chat session", "version": 1, "mess',
    "prices.json": json.dumps(PRICES).encode(),
    "document.pdf": b"%PDF-1.7",
}


@dataclass(frozen=True)
class Failure:
    """An error, by the id and a part of its sentence."""

    id: str
    says: str = ""


@dataclass(frozen=True)
class Step:
    """One call, or a pipeline."""

    do: str
    given: dict[str, Any] = field(default_factory=dict)
    items: list[Any] | None = None


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: what a user would notice.
        steps: what is done.
        answers: what the service says, in order.
        outcomes: of the last step.
        get: the place in each result, `Parsed.label`; empty for all of it.
        sent: role and content of the last request's messages; a content that ends in `*` is the beginning of
            one, and of parts their kinds are told.
    """

    name: str
    steps: list[Step]
    answers: list[Any] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    get: str = ""
    sent: list[list[Any]] | None = None


def ask(**given: Any) -> Step:
    return Step("New-ChatCompletion", {"Messages": "x", "Model": "m", **given})


def pipe(items: list[Any], **given: Any) -> Step:
    return Step("New-ChatCompletion", {"Model": "m", "TextOnly": True, **given}, items)


def say(text: str, **given: Any) -> Step:
    return Step("Send-ChatMessage", {"Message": text, "Session": {"$session": 0}, "TextOnly": True, **given})


def whole(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    """A reply as it stands."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    details = {"prompt_tokens_details": {"cached_tokens": 400}}
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500, **details}
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "usage": usage}
    return {**answer, "choices": [{**choice, "logprobs": None}]}


INVALID = "PSBridge.InvalidValue"
BEGIN = Step("New-ChatSession", {"Model": "m"})
ROW = {"Text": "a"}
SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["spam", "ham"]}},
    "required": ["label"],
}
AUTO = {"Tools": {"$tools": ["weather", "failing"]}, "InvokeTools": "Auto"}
CALL = {"$call": "weather", "arguments": {"City": "Bonn"}}
SAID = [["user", "a"], ["assistant", "one"]]


def told(answer: str) -> list[list[Any]]:
    """What was sent after a tool's call."""
    return [["user", "x"], ["assistant", None], ["tool", answer]]


CASES = [
    # 1. Prompts by pipe
    Case("a text", [pipe(["hi"])], ["yes"], ["yes"], sent=[["user", "hi"]]),
    Case("many at a time", [pipe(["a", "b", "c"], ThrottleLimit=3)], ["ok"] * 3, ["ok"] * 3),
    Case(
        "a template",
        [pipe([ROW, {"TEXT": "b"}], Template="C {{x}}: {text}", System="One word.")],
        ["one", "two"],
        ["one", "two"],
        sent=[["system", "One word."], ["user", "C {x}: b"]],
    ),
    Case(
        "a missing property",
        [pipe([ROW, {"Body": "b"}, ROW], Template="{Text}")],
        ["one", "two"],
        ["one", Failure(INVALID, "names 'Text', which the item does not have; it has Body"), "two"],
    ),
    *(
        Case(f"no template: {text}", [pipe([ROW], Template=text)], outcomes=[Failure(INVALID, says)])
        for text, says in (
            ("{Text:>3}", "is no name"),
            ("{Text.a}", "is no name"),
            ("{Text", "without its twin"),
        )
    ),
    Case(
        "a template without items", [ask(Template="{Text}")], outcomes=[Failure(INVALID, "must have items")]
    ),
    Case("a row without a template", [pipe([ROW])], outcomes=[Failure(INVALID, "'Template' makes a text")]),
    Case(
        "a request stays one",
        [pipe(['{"model": "m", "messages": [{"role": "user", "content": "q"}]}'])],
        ["yes"],
        ["yes"],
        sent=[["user", "q"]],
    ),
    Case(
        "a request in a template",
        [pipe(['{"messages": [], "n": 7}'], Template="Say {n}")],
        ["yes"],
        ["yes"],
        sent=[["user", "Say 7"]],
    ),
    Case("a file", [pipe([{"$file": "a.log"}])], ["yes"], ["yes"], sent=[["user", "from a file"]]),
    Case(
        "a file that is no text",
        [pipe([{"$file": "binary.log"}])],
        outcomes=[Failure(INVALID, "is not text")],
    ),
    Case("the item beside its reply", [pipe(["a"], PassThru=True)], ["yes"], ["a"], "Input"),
    Case(
        "an item that fails",
        [pipe(["a", "b", "c"])],
        ["one", {"$fault": 400}, "two"],
        ["one", Failure("PSBridge.BadRequest"), "two"],
    ),
    # 2. Conversations
    Case(
        "what was said is remembered",
        [Step("New-ChatSession", {"Model": "m", "System": "s"}), say("a"), say("b")],
        ["one", "two"],
        ["two"],
        sent=[["system", "s"], *SAID, ["user", "b"]],
    ),
    Case(
        "a message that could not be sent is none",
        [BEGIN, say("a"), say("b"), say("c")],
        ["one", {"$fault": 400}, "three"],
        ["three"],
        sent=[*SAID, ["user", "c"]],
    ),
    Case(
        "the last question is taken back",
        [BEGIN, say("a"), say("b"), Step("Undo-ChatMessage", {"Session": {"$session": 0}}), say("c")],
        ["one", "two", "three"],
        ["three"],
        sent=[*SAID, ["user", "c"]],
    ),
    Case(
        "a conversation survives in a file",
        [
            BEGIN,
            say("a"),
            Step("Export-ChatSession", {"Session": {"$session": 0}, "Path": {"$file": "s.json"}}),
            Step("Import-ChatSession", {"Path": {"$file": "s.json"}}),
            say("b"),
        ],
        ["one", "two"],
        ["two"],
        sent=[*SAID, ["user", "b"]],
    ),
    Case(
        "a branch",
        [BEGIN, say("a"), Step("Copy-ChatSession", {"Session": {"$session": 0}}), say("b")],
        ["one", "two"],
        ["two"],
        sent=[*SAID, ["user", "b"]],
    ),
    Case(
        "a reply is gone on from",
        [ask(Messages="a"), ask(Messages="b", Reply={"$reply": 0}, TextOnly=True)],
        ["one", "two"],
        ["two"],
        sent=[*SAID, ["user", "b"]],
    ),
    Case(
        "a session file cut short",
        [Step("Import-ChatSession", {"Path": {"$file": "cut.json"}})],
        outcomes=[Failure(INVALID, "is not a whole session file")],
    ),
    Case(
        "no budget",
        [Step("New-ChatSession", {"MaxHistoryTokens": 0})],
        outcomes=[Failure(INVALID, "'MaxHistoryTokens', must be a whole number, 1 or more")],
    ),
    Case(
        "an unknown parameter",
        [BEGIN, say("a", Temprature=1)],
        outcomes=[Failure("NamedParameterNotFound", "Temprature")],
    ),
    # 3. Tools
    Case(
        "nothing runs unless asked",
        [ask(Tools=AUTO["Tools"])],
        [CALL],
        ["tool_calls"],
        "choices.0.finish_reason",
    ),
    Case("a tool runs", [ask(**AUTO, TextOnly=True)], [CALL, "fine"], ["fine"], sent=told("Bonn 3")),
    *(
        Case(f"{name} is told", [ask(**AUTO, TextOnly=True)], [call, "sorry"], ["sorry"], sent=told(answer))
        for name, call, answer in (
            ("a tool that fails", {"$call": "failing", "arguments": {}}, "Error: *"),
            (
                "an undeclared tool",
                {"$call": "nobody", "arguments": {}},
                "Error: there is no tool 'nobody'; *",
            ),
            ("a missing argument", {"$call": "weather", "arguments": {}}, "Error: *"),
            (
                "a wrong argument",
                {"$call": "weather", "arguments": {"City": "x", "Days": "many"}},
                "Error: Days: *",
            ),
        )
    ),
    Case(
        "a null is a default",
        [ask(**AUTO, TextOnly=True)],
        [{"$call": "weather", "arguments": {"City": "Kiel", "Days": None}}, "fine"],
        ["fine"],
        sent=told("Kiel 3"),
    ),
    Case("no round", [ask(**AUTO, MaxToolRounds=0)], [CALL], ["tool_calls"], "choices.0.finish_reason"),
    Case("tools in a conversation", [BEGIN, say("x", **AUTO)], [CALL, "fine"], ["fine"], sent=told("Bonn 3")),
    Case("tools in a pipeline", [pipe(["x"], **AUTO)], [CALL, "fine"], ["fine"], sent=told("Bonn 3")),
    Case(
        "two tools of a name",
        [ask(Tools={"$tools": ["weather", "weather"]}, InvokeTools="Auto")],
        outcomes=[Failure(INVALID, "two tools of the name")],
    ),
    # 4. Typed answers
    Case("an answer by a schema", [ask(JsonSchema=SCHEMA)], [{"label": "spam"}], ["spam"], "Parsed.label"),
    Case(
        "its value alone",
        [pipe(["x"], TextOnly=False, JsonSchema=SCHEMA, ParsedOnly=True)],
        [{"label": "ham"}],
        ["ham"],
        "label",
    ),
    Case("a table", [ask(As="Hashtable", ParsedOnly=True)], [{"any": 7}], [7], "any"),
    Case(
        "in a conversation",
        [BEGIN, say("x", TextOnly=False, JsonSchema=SCHEMA)],
        [{"label": "ham"}],
        ["ham"],
        "Parsed.label",
    ),
    Case(
        "a repair",
        [ask(JsonSchema=SCHEMA, MaxRepair=1)],
        [{"label": "eggs"}, {"label": "ham"}],
        ["ham"],
        "Parsed.label",
    ),
    *(
        Case(
            f"an answer that is {id.lower()}",
            [ask(JsonSchema=SCHEMA)],
            [answer],
            [Failure(f"PSBridge.Answer{id}")],
        )
        for id, answer in (
            ("Refused", whole({"content": None, "refusal": "No."})),
            ("CutOff", whole({"content": '{"la'}, "length")),
            ("Filtered", whole({"content": ""}, "content_filter")),
            ("Invalid", {"label": "eggs"}),
        )
    ),
    *(
        Case(f"no strict schema: {says}", [ask(JsonSchema=schema)], outcomes=[Failure(INVALID, says)])
        for schema, says in (
            ({"type": "array"}, "must have an object at its root"),
            ({"type": "object", "properties": {"a": {"not": {}}}}, "must do without 'not'"),
            ({"type": "object", "additionalProperties": True}, "no table with free keys"),
        )
    ),
    # 5. Pictures, sound, files
    Case(
        "a picture and a document",
        [
            ask(
                Images=["https://e.org/a.png", {"$file": "picture.txt"}],
                Files={"$file": "document.pdf"},
                TextOnly=True,
            )
        ],
        ["yes"],
        ["yes"],
        sent=[["user", ["text", "image_url", "image_url", "file"]]],
    ),
    *(
        Case(f"no {name}", [ask(**{name: {"$file": "a.log"}})], outcomes=[Failure(INVALID, says)])
        for name, says in (
            ("Images", "must be a PNG"),
            ("InputAudio", "must be WAV"),
            ("Files", "must be a PDF"),
        )
    ),
    # 7. Prices
    *(
        Case(
            f"what a reply cost, by {name}",
            [ask(), Step("Get-ChatCompletionUsage", {"Reply": {"$reply": 0}, name: price})],
            [whole({"content": "a"})],
            [0.0018],
            "Cost",
        )
        for name, price in (("Price", PRICES), ("PriceFile", {"$file": "prices.json"}))
    ),
    Case(
        "no price",
        [Step("Get-ChatCompletionUsage", {"Price": {"m": {"input": -1, "output": 1}}})],
        outcomes=[Failure(INVALID, "'Price.m.input', must be a number, 0 or more")],
    ),
]
