"""Numbers in .NET's standard and custom formats (`N2`, `X4`, `#,##0.##`), invariant culture.

How other cultures write them is in `culturenumbers`.
"""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from psbridge.binding import nettypes
from psbridge.binding.digits import digits_of
from psbridge.binding.numbers import net_text_of
from psbridge.binding.objects import type_of
from psbridge.binding.values import Single

from .errors import NetFault

STANDARD = re.compile(r"([A-Za-z])([0-9]{0,9})")
_CONTEXT = decimal.Context(prec=400, rounding=decimal.ROUND_HALF_UP)


class Symbols(NamedTuple):
    """What a custom format's signs are written as."""

    point: str = "."
    group: str = ","
    sizes: tuple[int, ...] = (3,)
    percent: str = "%"
    per_mille: str = "‰"
    minus: str = "-"
    plus: str = "+"


_INVARIANT = Symbols()


def bad_format() -> NetFault:
    """The FormatException of a format that does not fit the value."""
    return NetFault("FormatException", "Format specifier was invalid.")


def format_number(value: Any, spec: str) -> str:
    """A number in this format.

    Raises:
        NetFault: FormatException.
    """
    if not spec:
        return net_text_of(value)
    match = STANDARD.fullmatch(spec)
    if match is None:
        return custom(value, spec)
    letter, digits = match[1], int(match[2]) if match[2] else None
    if isinstance(value, float) and not math.isfinite(value):
        return net_text_of(value)
    writer = _WRITERS.get(letter.upper())
    if writer is None:
        raise bad_format()
    return writer(value, letter, digits)


def fixed(value: Any, decimals: int) -> str:
    """So many decimals, without sign rules: half to even for a Double, away from zero for a Decimal."""
    if isinstance(value, float):
        return f"{value:.{decimals}f}"
    if isinstance(value, int):
        return digits_of(value) + (f".{'0' * decimals}" if decimals else "")
    context = decimal.Context(prec=decimals + 40, rounding=decimal.ROUND_HALF_UP)
    return format(value.quantize(Decimal(1).scaleb(-decimals), context=context), "f")


def _grouped(text: str) -> str:
    sign = "-" if text.startswith("-") else ""
    whole, dot, rest = text.removeprefix("-").partition(".")
    head = len(whole) % 3
    groups = [whole[:head]] * bool(head) + [whole[at : at + 3] for at in range(head, len(whole), 3)]
    return f"{sign}{','.join(groups)}{dot}{rest}"


def grouped(whole: str, separator: str, sizes: Iterable[int]) -> str:
    """Digits in groups of these sizes, the last of which recurs; after one of 0 are no more groups."""
    groups: list[str] = []
    sizes, size = list(sizes), 0
    while whole:
        size = sizes.pop(0) if sizes else size
        size = size or len(whole)
        groups.insert(0, whole[-size:])
        whole = whole[:-size]
    return separator.join(groups)


def hundredfold(value: Any) -> Any:
    """A number in percent."""
    return _CONTEXT.multiply(value, Decimal(100)) if isinstance(value, Decimal) else value * 100


def _n(value: Any, letter: str, digits: int | None) -> str:
    return _grouped(fixed(value, 2 if digits is None else digits))


def _f(value: Any, letter: str, digits: int | None) -> str:
    return fixed(value, 2 if digits is None else digits)


def _c(value: Any, letter: str, digits: int | None) -> str:
    text = _grouped(fixed(value, 2 if digits is None else digits))
    return f"(¤{text[1:]})" if text.startswith("-") else f"¤{text}"


def _p(value: Any, letter: str, digits: int | None) -> str:
    return f"{_grouped(fixed(hundredfold(value), 2 if digits is None else digits))} %"


def _integer(value: Any) -> int:
    if isinstance(value, (float, Decimal)):
        raise bad_format()
    return int(value)


def _d(value: Any, letter: str, digits: int | None) -> str:
    number = _integer(value)
    return f"{'-' if number < 0 else ''}{digits_of(abs(number)).rjust(digits or 0, '0')}"


def _unsigned(value: Any) -> int:
    number = _integer(value)
    if number >= 0:
        return number
    bounds = type_of(value).bounds or nettypes.INT64.bounds or (0, 0)
    return number + 2 * (bounds[1] + 1)


def _x(value: Any, letter: str, digits: int | None) -> str:
    text = format(_unsigned(value), "x" if letter == "x" else "X")
    return text.rjust(digits or 0, "0")


def _b(value: Any, letter: str, digits: int | None) -> str:
    return format(_unsigned(value), "b").rjust(digits or 0, "0")


def _scientific(value: Any, digits: int) -> str:
    """With an exponent: a Double's half goes to the even digit, that of other numbers away from zero."""
    if isinstance(value, float):
        return f"{float(value):.{digits}e}"
    with decimal.localcontext() as context:
        context.rounding = decimal.ROUND_HALF_UP
        return f"{Decimal(value):.{digits}e}"


def _e(value: Any, letter: str, digits: int | None) -> str:
    text = _scientific(value, 6 if digits is None else digits)
    mantissa, _, power = text.partition("e")
    return f"{mantissa}{letter}{power[0] if power[0] in '+-' else '+'}{power.lstrip('+-').rjust(3, '0')}"


def _g(value: Any, letter: str, digits: int | None) -> str:
    if not digits or (isinstance(value, int) and digits >= len(digits_of(abs(value)))):
        shown = net_text_of(value)
        return shown.replace("E", "e") if letter == "g" else shown
    text = _scientific(value, digits - 1)
    mantissa, _, power = text.partition("e")
    exponent = int(power)
    if -5 < exponent < digits:
        whole = format(Decimal(text), "f")
        return whole.rstrip("0").rstrip(".") if "." in whole else whole
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}{'E' if letter == 'G' else 'e'}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _r(value: Any, letter: str, digits: int | None) -> str:
    return net_text_of(value)


_WRITERS = {"N": _n, "F": _f, "C": _c, "P": _p, "D": _d, "X": _x, "B": _b, "E": _e, "G": _g, "R": _r}


def _sections(spec: str) -> list[str]:
    sections, current, index = [], "", 0
    while index < len(spec):
        character = spec[index]
        if character == "\\":
            current += spec[index : index + 2]
            index += 2
            continue
        if character in "'\"":
            end = spec.find(character, index + 1)
            end = len(spec) if end < 0 else end + 1
            current += spec[index:end]
            index = end
            continue
        if character == ";":
            sections.append(current)
            current = ""
        else:
            current += character
        index += 1
    return [*sections, current]


def custom(value: Any, spec: str, symbols: Symbols = _INVARIANT) -> str:
    """A custom format such as `#,##0.00;(0)`."""
    if isinstance(value, float) and not math.isfinite(value):
        return net_text_of(value)
    number = (
        Decimal(f"{value:.{6 if isinstance(value, Single) else 14}e}")
        if isinstance(value, float)
        else Decimal(value)
    )
    sections = _sections(spec)
    chosen = sections[0]
    own_sign = False
    if number < 0 and len(sections) > 1 and sections[1]:
        chosen, own_sign = sections[1], True
    elif number == 0 and len(sections) > 2 and sections[2]:
        chosen = sections[2]
    text, rounded_to_zero = _filled(abs(number), chosen, symbols)
    if rounded_to_zero and number != 0 and len(sections) > 2 and sections[2]:
        return _filled(Decimal(0), sections[2], symbols)[0]
    if number < 0 and not own_sign and not rounded_to_zero:
        return f"{symbols.minus}{text}"
    return text


def _breaks(length: int, sizes: tuple[int, ...]) -> set[int]:
    """How many digits are behind each separator."""
    found, behind = set(), 0
    for index in range(length):
        size = sizes[min(index, len(sizes) - 1)]
        behind += size
        if not size or behind >= length:
            break
        found.add(behind)
    return found


_TOKEN = re.compile(r"\\.|'[^']*'?|\"[^\"]*\"?|[eE][+-]?0+|.", re.DOTALL)


def _filled(number: Decimal, section: str, symbols: Symbols) -> tuple[str, bool]:
    tokens = _TOKEN.findall(section)
    point = next((index for index, token in enumerate(tokens) if token == "."), len(tokens))
    places = [index for index, token in enumerate(tokens) if token in ("0", "#")]
    exponent = next((token for token in tokens if re.fullmatch(r"[eE][+-]?0+", token)), None)
    before = [index for index in places if index < point]
    after = [index for index in places if index > point]
    number *= Decimal(100) ** tokens.count("%") * Decimal(1000) ** tokens.count("‰")
    last = before[-1] if before else point
    commas = [index for index, token in enumerate(tokens[:point]) if token == ","]
    scaling = [index for index in commas if before and index > last]
    grouping = any(before and before[0] < index < last for index in commas)
    number = number.scaleb(-3 * len(scaling))
    power = 0
    if exponent and number:
        power = number.adjusted() - (len(before) - 1 if before else 0)
        number = number.scaleb(-power)
    rounded = number.quantize(Decimal(1).scaleb(-len(after)), context=_CONTEXT)
    whole, _, fraction = format(rounded, "f").partition(".")
    whole = whole.lstrip("0")
    zeros = [index for index in before if tokens[index] == "0"]
    needed = len(before) - before.index(zeros[0]) if zeros else 0
    whole = whole.rjust(needed, "0")
    kept = len(fraction)
    while kept and fraction[kept - 1] == "0" and tokens[after[kept - 1]] == "#":
        kept -= 1
    fraction = fraction[:kept]
    extra = len(whole) - len(before)
    breaks = _breaks(len(whole), symbols.sizes) if grouping else ()
    out: list[str] = []
    position = 0  # digits of the whole part written
    done = 0  # digits of the fraction written
    for index, token in enumerate(tokens):
        if token in ("0", "#") and index < point:
            slot = before.index(index)
            count = extra + 1 if slot == 0 and extra > 0 else 1
            if slot >= -extra:
                for _ in range(count):
                    left = len(whole) - position
                    if position and left in breaks:
                        out.append(symbols.group)
                    out.append(whole[position])
                    position += 1
        elif token in ("0", "#"):
            if done < len(fraction):
                out.append(fraction[done])
                done += 1
        elif token == "." and index == point:
            if fraction:
                out.append(symbols.point)
        elif token == "," and index < point and before:
            continue
        elif exponent is not None and token == exponent:
            sign = symbols.minus if power < 0 else symbols.plus if "+" in token else ""
            out.append(f"{token[0]}{sign}{str(abs(power)).rjust(token.count('0'), '0')}")
        elif token == "%":
            out.append(symbols.percent)
        elif token == "‰":
            out.append(symbols.per_mille)
        elif token.startswith("\\"):
            out.append(token[1:])
        elif token[0] in "'\"":
            out.append(token.strip(token[0]))
        else:
            out.append(token)
    return "".join(out), not rounded


__all__ = [
    "STANDARD",
    "Symbols",
    "bad_format",
    "custom",
    "fixed",
    "format_number",
    "grouped",
    "hundredfold",
]
