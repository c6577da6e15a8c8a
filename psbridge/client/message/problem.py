"""What went wrong, read from the body of an error reply, whatever server or gateway wrote it.

OpenAI's error object comes first; FastAPI's, Mistral's, Gemini's and Cloudflare's shapes, problem details
(RFC 9457), OAuth's (RFC 6749), plain text and HTML pages are read too. Knows nothing of statuses or of the
classes of errors.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import jsontext
from .content import as_utf8

LONGEST = 500  # characters of a server's own words in a sentence
_DEEPEST = 6  # an error object in an error object in ...
_MOST = 3  # reasons of a list that are named


class Problem(NamedTuple):
    """An error reply's code, parameter, type and reason; None, and an empty reason, where it has none."""

    code: str | None = None
    param: str | None = None
    kind: str | None = None
    reason: str = ""


def problem_of_body(body: bytes, label: str = "") -> Problem:
    """What an error reply says, from its bytes; `label` is its Content-Type, which may name a charset."""
    body = as_utf8(body, label)
    if body.lstrip()[:6] in (b"data: ", b"event:"):  # an event of a stream
        lines = [line[5:] for line in body.splitlines() if line.startswith(b"data:")]
        body = b"\n".join(lines).removesuffix(b"[DONE]")
    try:
        value = jsontext.read(body)
    except ValueError:
        return Problem(reason=_shortened(_words(body)))
    problem = problem_of(value)
    return problem if problem.reason else problem._replace(reason=_shortened(_told(value, problem)))


def problem_of(value: object) -> Problem:
    """What an error reply says, from its JSON value; the reason has at most 500 characters."""
    problem = _read(value, 0)
    return problem._replace(reason=_shortened(problem.reason))


def stated_problem(value: object) -> Problem | None:
    """The error that a reply with a success status states, or None where it states none.

    An `error` member that says something, `"object": "error"`, choices that all are errors, or a list whose
    first item is one of these.
    """
    if isinstance(value, list):
        return stated_problem(value[0]) if value else None
    if not isinstance(value, Mapping):
        return None
    if value.get("error") or value.get("object") == "error":
        return problem_of(value)
    choices = value.get("choices")
    if isinstance(choices, list) and choices and all(_is_failed(choice) for choice in choices):
        return problem_of(choices[0])
    return None


def _is_failed(choice: object) -> bool:
    """Whether a choice says that there was an error where its answer should be."""
    return (
        isinstance(choice, Mapping)
        and isinstance(choice.get("error"), (str, Mapping))
        and bool(choice["error"])
    )


def problem_instead_of_choices(value: object) -> Problem | None:
    """The error that a reply without choices, where some were expected, states in any known shape."""
    stated = stated_problem(value)
    if stated is not None or not isinstance(value, Mapping) or value.get("choices") is not None:
        return stated
    problem = problem_of(value)
    if not problem.reason:
        problem = problem._replace(reason=_shortened(_said(value, 0)))
    return problem if problem.reason else None


# Where a reason stands, the best first; names are compared without case.
_REASONS = ("error", "errors", "message", "detail", "details", "msg", "error_description", "reason", "title",
            "fault", "faultstring", "description", "error_message")  # fmt: skip


_SAID = re.compile("message|reason|detail|msg|exception", re.I)


def _told(value: object, problem: Problem) -> str:
    """What a body of no known shape tells: what has such a name in it, its code or type, or all of it."""
    return (
        _said(value, 0) or problem.code or problem.kind or (jsontext.written(value).decode() if value else "")
    )


def _said(value: object, depth: int) -> str:
    if depth > _DEEPEST or not isinstance(value, (Mapping, list)):
        return ""
    members = value.items() if isinstance(value, Mapping) else ((None, item) for item in value[:_MOST])
    inside = []
    for name, member in members:
        if isinstance(name, str) and isinstance(member, str) and member and _SAID.search(name):
            return member
        inside.append(member)
    return next(filter(None, (_said(member, depth + 1) for member in inside)), "")


def _read(value: object, depth: int) -> Problem:
    if isinstance(value, str):
        return Problem(reason=value)
    if depth > _DEEPEST:
        return Problem()
    if isinstance(value, list):
        problems = [problem for item in value[:_MOST] if (problem := _read(item, depth + 1)).reason]
        if not problems:
            return Problem()
        return problems[0]._replace(reason="; ".join(problem.reason for problem in problems))
    if not isinstance(value, Mapping):
        return Problem()
    members = {str(name).lower(): member for name, member in value.items()}
    own = Problem(_text(members.get("code")), _text(members.get("param")), _text(members.get("type")))
    for name in _REASONS:
        inner = _read(members.get(name), depth + 1)
        if name == "errors" and isinstance(members.get(name), Mapping):
            inner = inner if inner.reason else _of_fields(members[name], depth + 1)
        if not inner.reason:
            own = Problem(own.code or inner.code, own.param or inner.param, own.kind or inner.kind)
            continue
        if name == "error" and isinstance(members[name], str):
            # RFC 6749, Spring, NestJS: the error has a name, and what it is stands beside it.
            for better in ("error_description", "message"):
                told = _read(members.get(better), depth + 1)
                if told.reason:
                    named = inner.reason if " " not in inner.reason else told.code
                    return own._replace(code=own.code or named, reason=told.reason)
        place = members.get("loc") if name == "msg" else None
        if isinstance(place, list):  # FastAPI names the place in the body
            inner = inner._replace(reason=f"{'.'.join(str(step) for step in place)}: {inner.reason}")
        upstream = _upstream(members)
        if upstream:  # OpenRouter's own message only says that there was one
            inner = inner._replace(reason=f"{inner.reason}: {upstream}")
        return Problem(inner.code or own.code, inner.param or own.param, inner.kind or own.kind, inner.reason)
    return own


def _of_fields(fields: Mapping[Any, Any], depth: int) -> Problem:
    """The errors of a form, by its fields: what Rails, Laravel and ASP.NET tell."""
    told = [(str(name), _read(value, depth).reason) for name, value in [*fields.items()][:_MOST]]
    return Problem(reason="; ".join(f"{name}: {reason}" for name, reason in told if reason))


def _upstream(members: Mapping[str, Any]) -> str:
    metadata = members.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    if not isinstance(raw, str):
        return ""
    return problem_of_body(raw.encode("utf-8", "replace")).reason


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,2000})", re.I)
_HEADING = re.compile(r"<h1[^>]{0,200}>([^<]{1,2000})", re.I)
_UNSEEN = re.compile(r"<(script|style)\b.{0,4000}?</\1\s*>", re.I | re.S)
_TAG = re.compile(r"<[^<>]*>")
_LOOKED_AT = 20_000


def _words(body: bytes) -> str:
    """A text's own words; a page's title, else its heading, else what it shows."""
    text = body[:_LOOKED_AT].decode("utf-8", "replace").lstrip("\ufeff").strip()
    if "\ufffd" in text[:100] or "\0" in text:  # neither text nor anything that may be quoted
        return ""
    if not text.startswith("<"):
        return text
    text = _UNSEEN.sub(" ", text)
    for pattern in (_TITLE, _HEADING):
        words = pattern.search(text)
        if words and words[1].strip():
            return html.unescape(words[1])
    return html.unescape(_TAG.sub(" ", text))


def _shortened(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: LONGEST * 8]).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
