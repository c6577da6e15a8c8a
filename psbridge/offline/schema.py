"""What `/chat/completions` accepts, as tables: members, types, nullability, values, limits, unions.

Follows the August 2026 OpenAPI description, including the limits that it states in words only (metadata
sizes, function names, logit bias, audio settings). It is written independently of `psbridge.models` on
purpose: the two check each other. Nested objects are open (unknown members pass) where the description leaves
them open; the request itself is closed, as the service refuses what it does not know.
"""

from __future__ import annotations

from typing import Any

from .problems import ApiError
from .rules import (
    Array,
    Boolean,
    Decimal,
    Integer,
    Map,
    Nullable,
    Object,
    OneOf,
    Rule,
    Tagged,
    Text,
    missing,
    unknown,
    unsupported,
    wrong_type,
)
from .strict import check_strict

TEXT = Text()
FLAG = Boolean()
ANY_OBJECT = Object()
NAME = Text(longest=64, pattern=r"^[a-zA-Z0-9_-]+$")


def choice(*allowed: str) -> Text:
    """A string that must be one of `allowed`."""
    return Text(allowed=allowed)


def tagged(tag: str, **variants: Object) -> Tagged:
    """Objects told apart by `tag`, each of which also names its tag among its members."""
    return Tagged(
        tag,
        {
            name: Object({tag: choice(name), **rule.members}, (tag, *rule.required), rule.closed)
            for name, rule in variants.items()
        },
    )


METADATA = Nullable(Map(Text(longest=512), most=16, longest_name=64))
SERVICE_TIER = Nullable(choice("auto", "default", "flex", "scale", "priority", "fast"))

# --- content parts and messages

CACHE_BREAKPOINT = Object({"mode": choice("explicit")}, ("mode",))
TEXT_PART = Object({"text": TEXT, "prompt_cache_breakpoint": CACHE_BREAKPOINT}, ("text",))
IMAGE_PART = Object(
    {
        "image_url": Object({"url": TEXT, "detail": choice("auto", "low", "high")}, ("url",)),
        "prompt_cache_breakpoint": CACHE_BREAKPOINT,
    },
    ("image_url",),
)
AUDIO_PART = Object(
    {
        "input_audio": Object({"data": TEXT, "format": choice("wav", "mp3")}, ("data", "format")),
        "prompt_cache_breakpoint": CACHE_BREAKPOINT,
    },
    ("input_audio",),
)
FILE_PART = Object(
    {
        "file": Object({"filename": TEXT, "file_data": TEXT, "file_id": TEXT}),
        "prompt_cache_breakpoint": CACHE_BREAKPOINT,
    },
    ("file",),
)
REFUSAL_PART = Object({"refusal": TEXT}, ("refusal",))


def content(**parts: Object) -> OneOf:
    """A string, or at least one content part of the kinds given."""
    return OneOf(TEXT, Array(tagged("type", **parts), fewest=1))


TEXT_CONTENT = content(text=TEXT_PART)
TOOL_CALL = tagged(
    "type",
    function=Object(
        {"id": TEXT, "function": Object({"name": TEXT, "arguments": TEXT}, ("name", "arguments"))},
        ("id", "function"),
    ),
    custom=Object(
        {"id": TEXT, "custom": Object({"name": TEXT, "input": TEXT}, ("name", "input"))}, ("id", "custom")
    ),
)
MESSAGE = tagged(
    "role",
    developer=Object({"content": TEXT_CONTENT, "name": TEXT}, ("content",)),
    system=Object({"content": TEXT_CONTENT, "name": TEXT}, ("content",)),
    user=Object(
        {
            "content": content(text=TEXT_PART, image_url=IMAGE_PART, input_audio=AUDIO_PART, file=FILE_PART),
            "name": TEXT,
        },
        ("content",),
    ),
    assistant=Object(
        {
            "content": Nullable(content(text=TEXT_PART, refusal=REFUSAL_PART)),
            "refusal": Nullable(TEXT),
            "name": TEXT,
            "audio": Nullable(Object({"id": TEXT}, ("id",))),
            "tool_calls": Array(TOOL_CALL),
            "function_call": Nullable(Object({"arguments": TEXT, "name": TEXT}, ("arguments", "name"))),
        }
    ),
    tool=Object({"content": TEXT_CONTENT, "tool_call_id": TEXT}, ("content", "tool_call_id")),
    function=Object({"content": Nullable(TEXT), "name": TEXT}, ("content", "name")),
)

# --- tools

FUNCTION: dict[str, Rule] = {"name": NAME, "description": TEXT, "parameters": ANY_OBJECT}
TOOL = tagged(
    "type",
    function=Object(
        {"function": Object({**FUNCTION, "strict": Nullable(FLAG)}, ("name",))},
        ("function",),
    ),
    custom=Object(
        {
            "custom": Object(
                {
                    "name": TEXT,
                    "description": TEXT,
                    "format": tagged(
                        "type",
                        text=Object(closed=True),
                        grammar=Object(
                            {
                                "grammar": Object(
                                    {"definition": TEXT, "syntax": choice("lark", "regex")},
                                    ("definition", "syntax"),
                                )
                            },
                            ("grammar",),
                            closed=True,
                        ),
                    ),
                },
                ("name",),
            )
        },
        ("custom",),
    ),
)
NAMED = Object({"name": TEXT}, ("name",))
TOOL_CHOICE = OneOf(
    choice("none", "auto", "required"),
    tagged(
        "type",
        allowed_tools=Object(
            {
                "allowed_tools": Object(
                    {"mode": choice("auto", "required"), "tools": Array(ANY_OBJECT)}, ("mode", "tools")
                )
            },
            ("allowed_tools",),
        ),
        function=Object({"function": NAMED}, ("function",)),
        custom=Object({"custom": NAMED}, ("custom",)),
    ),
)

# --- the rest of the request

RESPONSE_FORMAT = tagged(
    "type",
    text=Object(),
    json_schema=Object(
        {
            "json_schema": Object(
                {"description": TEXT, "name": NAME, "schema": ANY_OBJECT, "strict": Nullable(FLAG)}, ("name",)
            )
        },
        ("json_schema",),
    ),
    json_object=Object(),
)
MODERATION_SIDE = Nullable(Object({"mode": choice("score", "block")}, ("mode",)))

CREATE: dict[str, Rule] = {
    "messages": Array(MESSAGE, fewest=1),
    "model": TEXT,
    "store": Nullable(FLAG),
    "reasoning_effort": Nullable(choice("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    "metadata": METADATA,
    "frequency_penalty": Nullable(Decimal(-2, 2)),
    "logit_bias": Nullable(Map(Integer(-100, 100))),
    "logprobs": Nullable(FLAG),
    "top_logprobs": Nullable(Integer(0, 20)),
    "max_tokens": Nullable(Integer()),
    "max_completion_tokens": Nullable(Integer()),
    "n": Nullable(Integer(1, 128)),
    "modalities": Nullable(Array(choice("text", "audio"))),
    "prediction": Nullable(tagged("type", content=Object({"content": TEXT_CONTENT}, ("content",)))),
    "audio": Nullable(
        Object(
            {
                "voice": OneOf(TEXT, Object({"id": TEXT}, ("id",), closed=True)),
                "format": choice("wav", "aac", "mp3", "flac", "opus", "pcm16"),
            },
            ("voice", "format"),
        )
    ),
    "presence_penalty": Nullable(Decimal(-2, 2)),
    "response_format": RESPONSE_FORMAT,
    "seed": Nullable(Integer(-9223372036854776000, 9223372036854776000)),
    "service_tier": SERVICE_TIER,
    "stop": Nullable(OneOf(TEXT, Array(TEXT, fewest=1, most=4))),
    "stream": Nullable(FLAG),
    "stream_options": Nullable(Object({"include_usage": FLAG, "include_obfuscation": FLAG})),
    "temperature": Nullable(Decimal(0, 2)),
    "top_p": Nullable(Decimal(0, 1)),
    "tools": Array(TOOL),
    "tool_choice": TOOL_CHOICE,
    "parallel_tool_calls": FLAG,
    "user": TEXT,
    "function_call": OneOf(choice("none", "auto"), NAMED),
    "functions": Array(Object(FUNCTION, ("name",)), fewest=1, most=128),
    "verbosity": Nullable(choice("low", "medium", "high")),
    "web_search_options": Object(
        {
            "user_location": Nullable(
                Object(
                    {
                        "type": choice("approximate"),
                        "approximate": Object(
                            {"country": TEXT, "region": TEXT, "city": TEXT, "timezone": TEXT}
                        ),
                    },
                    ("type", "approximate"),
                )
            ),
            "search_context_size": choice("low", "medium", "high"),
        }
    ),
    "prompt_cache_options": Object({"ttl": choice("30m"), "mode": choice("implicit", "explicit")}),
    "safety_identifier": Nullable(Text(longest=64)),
    "prompt_cache_key": Nullable(TEXT),
    "prompt_cache_retention": Nullable(choice("in_memory", "24h")),
    "moderation": Nullable(
        Object(
            {
                "model": TEXT,
                "policy": Nullable(Object({"input": MODERATION_SIDE, "output": MODERATION_SIDE})),
            },
            ("model",),
        )
    ),
}

UPDATE = Object({"metadata": METADATA}, ("metadata",), closed=True)


def check_create(body: Any) -> dict[str, Any]:
    """The body of a create request, checked whole.

    Raises:
        ApiError: status 400, naming the first member that is wrong.
    """
    if not isinstance(body, dict):
        raise wrong_type("", "an object", body)
    if body.get("model", "") == "":
        raise ApiError(400, "you must provide a model parameter")
    for name in body:
        if name not in CREATE:
            raise unknown(name)
    if "messages" not in body:
        raise missing("messages")
    for name, value in body.items():
        CREATE[name].check(value, name)
    _check_together(body)
    check_strict(body)
    return body


def _check_together(body: dict[str, Any]) -> None:
    """What one member demands of another."""
    if body.get("top_logprobs") and not body.get("logprobs"):
        raise ApiError(
            400,
            "Invalid 'top_logprobs': it needs 'logprobs' to be true.",
            code="invalid_value",
            param="top_logprobs",
        )
    if "audio" in (body.get("modalities") or ()) and body.get("audio") is None:
        raise missing("audio")
    selected = body.get("tool_choice")
    if selected == "required" and not body.get("tools"):
        raise ApiError(
            400,
            "Invalid value for 'tool_choice': 'required' needs 'tools' to be given.",
            code="invalid_value",
            param="tool_choice",
        )
    if isinstance(selected, dict) and selected["type"] in ("function", "custom"):
        sort = selected["type"]
        offered = tuple(tool[sort]["name"] for tool in body.get("tools", ()) if tool["type"] == sort)
        _check_offered(f"tool_choice.{sort}.name", selected[sort]["name"], offered, "tools")
    called = body.get("function_call")
    if isinstance(called, dict):
        names = tuple(function["name"] for function in body.get("functions", ()))
        _check_offered("function_call.name", called["name"], names, "functions")


def _check_offered(path: str, name: str, offered: tuple[str, ...], where: str) -> None:
    if not offered:
        raise ApiError(
            400, f"Invalid value for '{path}': no such entry in '{where}'.", code="invalid_value", param=path
        )
    if name not in offered:
        raise unsupported(path, name, offered)
