"""JSON in and out, with limits that give errors instead of crashes. Knows nothing of HTTP or models.

What is sent is strict JSON: `loads` and `dumps`. What a server sent is taken as it is: `read` and `written`
keep NaN, infinities and halves of surrogate pairs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn


class LongInteger(float):
    """What an integer of more digits than Python converts is read as, where it must not end the reading.

    It is infinite, and what refuses it can say why.
    """

    def __new__(cls, text: str) -> LongInteger:
        """Of its digits only the sign stays."""
        return super().__new__(cls, "-inf" if text.startswith("-") else "inf")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large for a 64-bit float")
    return number


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_strict = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_lenient = json.JSONDecoder()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is not JSON-like")


escaped: Callable[[str], str] = json.encoder.encode_basestring
"""A text as JSON text, in its quotes, as `dumps` writes it."""
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
_reply_encoder = json.JSONEncoder(separators=(",", ":"))  # ASCII, so that halves of surrogate pairs survive


def loads(data: bytes | str) -> Any:
    """The value of a UTF-8 JSON text.

    Raises ValueError, in one sentence without the text itself, for anything that is not JSON, is nested
    deeper than the interpreter allows, or holds a number it cannot represent (NaN, an integer over 4,300
    digits, 1e999).
    """
    return _decoded(data, _strict)


def read(data: bytes | str) -> Any:
    """The value of a server's JSON text: as `loads`, but NaN and infinities are floats, as some servers' log
    probabilities have them.

    Only the reply's own members may not be one: of these the numbers are times and counts.
    """
    value = _decoded(data, _lenient)
    if isinstance(value, dict):
        for member in value.values():
            if isinstance(member, float) and not math.isfinite(member):
                raise ValueError("NaN and infinities are not JSON")
    return value


def _decoded(data: bytes | str, decoder: json.JSONDecoder) -> Any:
    try:
        text = data if isinstance(data, str) else str(data, "utf-8").removeprefix("\ufeff")
        try:
            value, end = decoder.scan_once(text, 0)  # type: ignore[attr-defined]
        except StopIteration:  # white space comes first, or it is not JSON
            value, end = None, -1
        if end != len(text) and (end < 0 or text[end:].strip(" \t\r\n")):
            value = decoder.decode(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"the JSON is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"this is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:
        if "digit" in str(error):
            raise ValueError("an integer has too many digits") from None
        raise
    return value


def dumps(value: object) -> bytes:
    """Compact UTF-8 JSON.

    Raises ValueError, naming the kind of what does not fit and never its content.
    """
    try:
        return _encoder.encode(value).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply, or holds itself") from None
    except UnicodeEncodeError:
        place = _place_of(value, _is_half)
        raise ValueError(f"{place} holds half of a surrogate pair, which UTF-8 cannot carry") from None
    except TypeError as error:
        raise ValueError(str(error)) from None
    except ValueError as error:
        if "Circular" in str(error):
            raise ValueError("it holds itself") from None
        place = _place_of(value, _is_too_long)
        if "digit" in str(error) or place != _NOWHERE:
            raise ValueError(f"{place} is an integer of too many digits; 4,300 can be sent") from None
        place = _place_of(value, lambda one: isinstance(one, float) and not math.isfinite(one))
        raise ValueError(f"{place} is not finite; JSON has no NaN or Infinity") from None


def around(value: Mapping[str, Any], mark: str) -> tuple[str, str] | None:
    """The JSON text before and behind a text within `value`, whose place the text `mark` holds; None where it
    does not stand there once.

    `before + escaped(text) + behind` is then what `dumps` would make of `value` with that text, far sooner.

    Raises ValueError as `dumps` does.
    """
    pieces = dumps(value).decode().split(escaped(mark))
    return (pieces[0], pieces[1]) if len(pieces) == 2 else None


def is_utf8(text: str) -> bool:
    """Whether a text can be sent as UTF-8: it holds no half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(text: str) -> str:
    """A text as UTF-8 can carry it: half of a surrogate pair becomes a replacement character."""
    if is_utf8(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _is_half(value: object) -> bool:
    return isinstance(value, str) and not is_utf8(value)


def _is_too_long(value: object) -> bool:
    # Over 4,300 digits, as Python converts.
    return isinstance(value, LongInteger) or (isinstance(value, int) and value.bit_length() > 14_000)


def _place_of(value: object, fits: Callable[[object], bool], way: str = "") -> str:
    """Where in a JSON-like value something is found, as `messages[0].content`; "a value" where it is not."""
    if fits(value):
        return f"'{way}'" if way else "it"
    if isinstance(value, Mapping):
        for name, member in value.items():
            if fits(name):
                return f"the name of a member of '{way}'" if way else "the name of a member"
            place = _place_of(member, fits, f"{way}.{name}" if way else str(name))
            if place != _NOWHERE:
                return place
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            place = _place_of(item, fits, f"{way}[{index}]")
            if place != _NOWHERE:
                return place
    return _NOWHERE


_NOWHERE = "a value"


def written(value: object) -> bytes:
    """A server's value as JSON text again, for the codec: whatever `read` gave can be written.

    Raises ValueError when it is nested too deeply.
    """
    try:
        return _reply_encoder.encode(value).encode()
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def field(value: object, name: str) -> Any:
    """A member of a mapping or an attribute of an object, None where there is none."""
    cls = value.__class__
    mapping = _mappings.get(cls)
    if mapping is None:
        mapping = _mappings[cls] = issubclass(cls, Mapping)
    return value.get(name) if mapping else getattr(value, name, None)  # type: ignore[attr-defined]


_mappings: dict[type, bool] = {}  # whether a class is one, which an abstract class takes long to say
