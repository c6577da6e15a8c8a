"""Numbers as a culture other than the invariant one writes and reads them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.numbers import SPACES, bad_format, net_text_of, overflow

from .cultures import Formats
from .numberformat import STANDARD, Symbols, custom, fixed, format_number, grouped, hundredfold

_NUMBER = ("(n)", "-n", "- n", "n-", "n -")
_CURRENCY = (
    *("($n)", "-$n", "$-n", "$n-", "(n$)", "-n$", "n-$", "n$-", "-n $", "-$ n", "n $-", "$ n-", "$ -n"),
    *("n- $", "($ n)", "(n $)", "$- n"),
)
_CURRENCY_PLUS = ("$n", "n$", "$ n", "n $")
_PERCENT = ("-n %", "-n%", "-%n", "%-n", "%n-", "n-%", "n%-", "-% n", "n %-", "% n-", "% -n", "n- %")
_PERCENT_PLUS = ("n %", "n%", "%n", "% n")
_KINDS = {"N": "Number", "C": "Currency", "P": "Percent"}

_LEADING_WHITE, _TRAILING_WHITE, _LEADING_SIGN, _TRAILING_SIGN = 1, 2, 4, 8
_PARENTHESES, _POINT, _THOUSANDS, _EXPONENT, _SYMBOL = 16, 32, 64, 128, 256
_DASHES = "-\u2012\u207b\u208b\u2212\u2796\ufe63\uff0d"
_WIDE_SPACES = "\xa0\u202f"


def format_number_in(value: Any, spec: str, culture: Formats) -> str:
    """A number in this format, as a culture writes it.

    Raises:
        NetFault: FormatException.
    """
    match = STANDARD.fullmatch(spec) if spec else None
    if isinstance(value, float) and not math.isfinite(value):
        sign = "NaN" if value != value else "PositiveInfinity" if value > 0 else "NegativeInfinity"
        return str(culture[f"{sign}Symbol"])
    if match is None:
        return custom(value, spec, symbols_of(culture)) if spec else _localized(net_text_of(value), culture)
    letter = match[1].upper()
    kind = _KINDS.get(letter)
    if kind is not None:
        return _in_pattern(value, int(match[2]) if match[2] else None, kind, culture)
    if letter == "F" and not match[2]:
        spec = f"F{culture['NumberDecimalDigits']}"
    text = format_number(value, spec)
    return text if letter in "XB" else _localized(text, culture)


def symbols_of(culture: Formats) -> Symbols:
    """What a culture writes in a custom format."""
    return Symbols(
        culture["NumberDecimalSeparator"],
        culture["NumberGroupSeparator"],
        tuple(culture["NumberGroupSizes"]),
        culture["PercentSymbol"],
        culture["PerMilleSymbol"],
        culture["NegativeSign"],
        culture["PositiveSign"],
    )


def _localized(text: str, culture: Formats) -> str:
    signs = {
        ".": culture["NumberDecimalSeparator"],
        "-": culture["NegativeSign"],
        "+": culture["PositiveSign"],
    }
    return text.translate(str.maketrans(signs))


def _in_pattern(value: Any, digits: int | None, kind: str, culture: Formats) -> str:
    if kind == "Percent":
        value = hundredfold(value)
    text = fixed(value, culture[f"{kind}DecimalDigits"] if digits is None else digits)
    negative = text.startswith("-")
    whole, dot, rest = text.removeprefix("-").partition(".")
    whole = grouped(whole, culture[f"{kind}GroupSeparator"], culture[f"{kind}GroupSizes"])
    number = f"{whole}{culture[f'{kind}DecimalSeparator'] if dot else ''}{rest}"
    if kind == "Number":
        pattern = _NUMBER[culture["NumberNegativePattern"]] if negative else "n"
    elif kind == "Currency":
        pattern = (
            _CURRENCY[culture["CurrencyNegativePattern"]]
            if negative
            else _CURRENCY_PLUS[culture["CurrencyPositivePattern"]]
        )
    else:
        pattern = (
            _PERCENT[culture["PercentNegativePattern"]]
            if negative
            else _PERCENT_PLUS[culture["PercentPositivePattern"]]
        )
    parts = {
        "n": number,
        "-": culture["NegativeSign"],
        "$": culture["CurrencySymbol"],
        "%": culture["PercentSymbol"],
    }
    return pattern.translate(str.maketrans(parts))


def plain_number(text: str, culture: Formats, style: int, type_: NetType) -> str:
    """A number that a culture wrote, as the invariant one writes it: `1.234,5` is `1234.5`.

    Args:
        text: the number.
        culture: whose figures it is written in.
        style: the bits of System.Globalization.NumberStyles.
        type_: the type of number it is to be.

    Raises:
        NetError: it is none.
    """
    rest = text.lstrip(SPACES) if style & _LEADING_WHITE else text
    rest = rest.rstrip(SPACES + "\0") if style & _TRAILING_WHITE else rest
    if type_.bounds is None and type_.name in ("Double", "Single"):
        for name, symbol in (
            ("NaN", "NaN"),
            ("Infinity", "PositiveInfinity"),
            ("-Infinity", "NegativeInfinity"),
        ):
            if rest.lower() == culture[f"{symbol}Symbol"].lower():
                return name
    sign = ""
    if style & _PARENTHESES and rest.startswith("(") and rest.endswith(")"):
        rest, sign = rest[1:-1], "-"
    kinds = ["Number"]
    if style & _SYMBOL and culture["CurrencySymbol"] in rest:
        before, _, after = rest.partition(culture["CurrencySymbol"])
        rest = (before + after).strip(SPACES)
        kinds = ["Currency", "Number"]
    rest, sign = _without_sign(rest, sign, style, culture)
    power = ""
    if style & _EXPONENT:
        rest, power = _without_power(rest, culture)
    points = [culture[f"{kind}DecimalSeparator"] for kind in kinds] if style & _POINT else []
    groups = [culture[f"{kind}GroupSeparator"] for kind in kinds] if style & _THOUSANDS else []
    digits, at = "", 0
    while at < len(rest):
        if rest[at] in "0123456789":
            digits, at = digits + rest[at], at + 1
            continue
        point = "." not in digits and _one_of(points, rest, at)
        if point:
            digits, at = f"{digits}.", at + len(point)
            continue
        group = "." not in digits and _one_of(groups, rest, at)
        if not group:
            raise bad_format(text)
        at += len(group)
    if not digits.strip("."):
        raise bad_format(text)
    if type_.bounds is not None:
        digits, _, decimals = digits.partition(".")
        if decimals.strip("0"):
            raise overflow(type_)
        digits = str(int(Decimal(f"{digits or '0'}{power}"))) if power else digits or "0"
        power = ""
    return f"{sign}{digits}{power}"


def _one_of(separators: list[str], text: str, at: int) -> str:
    """The separator that stands there: a blank is as good as one that no key has."""
    for separator in separators:
        written = text[at : at + len(separator)]
        if separator and (written == separator or (separator in _WIDE_SPACES and written == " ")):
            return separator
    return ""


def _signs(culture: Formats) -> tuple[str, ...]:
    own = culture["NegativeSign"]
    return (own, *_DASHES) if own in _DASHES else (own,)


def _without_sign(rest: str, sign: str, style: int, culture: Formats) -> tuple[str, str]:
    for written, meant in (*((one, "-") for one in _signs(culture)), (culture["PositiveSign"], "")):
        if style & _LEADING_SIGN and rest.startswith(written):
            return rest.removeprefix(written).lstrip(SPACES), meant
        if style & _TRAILING_SIGN and rest.endswith(written):
            return rest.removesuffix(written).rstrip(SPACES), meant
    return rest, sign


def _without_power(rest: str, culture: Formats) -> tuple[str, str]:
    head, mark, tail = rest.replace("E", "e").partition("e")
    if not mark:
        return rest, ""
    digits, sign = _without_sign(tail, "", _LEADING_SIGN, culture)
    return (head, f"e{sign}{digits}") if digits.isascii() and digits.isdecimal() else (rest, "")


__all__ = ["format_number_in", "plain_number", "symbols_of"]
