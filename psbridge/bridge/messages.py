"""JSON-RPC 2.0 messages: one line read into a request, answers and notifications written as lines.

Knows the rules of JSON-RPC and none of the methods. Everything written is ASCII, so that no console encoding
on the way can harm it.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
CMDLET_ERROR = -32000
UNSUPPORTED_PROTOCOL = -32001
NO_HELLO = -32002
CANCELLED = -32800

Id = int | str


class Refused(Exception):
    """A message that is not one, or not allowed; `id` is whose it was, None where that is unknown."""

    def __init__(self, code: int, message: str, id: Id | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = id


class Request(NamedTuple):
    """A request; `id` is None for a notification, which gets no answer."""

    id: Id | None
    method: str
    params: dict[str, Any]


def _integer(text: str) -> int | float:
    # More digits than Python converts: not finite, so that whoever wanted a number refuses it by name.
    if len(text) <= 4300:
        return int(text)
    from ..client.message.jsontext import LongInteger

    return LongInteger(text)


_decode = json.JSONDecoder().decode
# What `decode` stands on; it leaves the rest of the text to its caller.
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_decode_large = json.JSONDecoder(parse_int=_integer).decode


def read(line: bytes) -> Request:
    """One line as a request.

    NaN, Infinity and numbers too large for anything become float values that are not finite: the models then
    refuse them and name the parameter.

    Raises:
        Refused: with JSON-RPC's code and a sentence.
    """
    try:
        text = str(line, "utf-8")
        try:
            message, end = _scan(text, 0)
        except StopIteration:
            end = -1
        if end != len(text):
            message = _decode(text)
    except UnicodeDecodeError as error:
        raise Refused(PARSE_ERROR, f"The line is not UTF-8 at byte {error.start}.", likely_id(line)) from None
    except RecursionError:
        raise Refused(PARSE_ERROR, "The line is nested too deeply to be read.", likely_id(line)) from None
    except json.JSONDecodeError as error:
        told = f"The line is not JSON: {error.msg} at character {error.pos}."
        raise Refused(PARSE_ERROR, told, likely_id(line)) from None
    except ValueError:
        message = _decode_large(text)
    if not isinstance(message, dict):
        what = "a batch; send one request a line" if isinstance(message, list) else "no JSON object"
        raise Refused(INVALID_REQUEST, f"The line is {what}.")
    id = message.get("id")
    if id is None:
        if "id" in message:
            raise Refused(INVALID_REQUEST, "The id is null; a string or a whole number is needed.")
    elif id.__class__ is not int and id.__class__ is not str:
        raise Refused(INVALID_REQUEST, "The id must be a string or a whole number.")
    if message.get("jsonrpc") != "2.0":
        raise Refused(INVALID_REQUEST, "The member 'jsonrpc' must be \"2.0\".", id)
    method = message.get("method")
    if not isinstance(method, str):
        raise Refused(INVALID_REQUEST, "The member 'method' must be a string.", id)
    params = message.get("params")
    if params is None:
        params = {}
    elif not isinstance(params, dict):
        raise Refused(INVALID_PARAMS, "The params must be an object.", id)
    return Request(id, method, params)


# An id that certainly belongs to the message itself: right at the beginning, before anything nested.
_ID = re.compile(rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(-?\d{1,18}|"[^"\\]{0,200}")\s*[,}]')


def likely_id(line: bytes) -> Id | None:
    """The id of a line that could not be read, where it stands at the beginning; None elsewhere."""
    found = _ID.match(line[:1024])
    try:
        id: Id | None = json.loads(found[1]) if found is not None else None
    except ValueError:
        return None
    return id


def result_line(id: Id, result: str) -> bytes:
    """The answer to a request; `result` is JSON text."""
    return f'{{"jsonrpc":"2.0","id":{_id_text(id)},"result":{result}}}\n'.encode("ascii")


def error_line(id: Id | None, code: int, message: str, data: str | None = None) -> bytes:
    """An error answer; `data` is JSON text or None."""
    more = "" if data is None else f',"data":{data}'
    told = json.dumps(message)
    return (
        f'{{"jsonrpc":"2.0","id":{_id_text(id)},"error":{{"code":{code},"message":{told}{more}}}}}\n'
    ).encode("ascii")


def notification_line(method: str, params: str) -> bytes:
    """A notification; `params` is JSON text."""
    return f'{{"jsonrpc":"2.0","method":"{method}","params":{params}}}\n'.encode("ascii")


def _id_text(id: Id | None) -> str:
    return str(id) if id.__class__ is int else json.dumps(id)
