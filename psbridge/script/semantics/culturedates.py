"""Dates as a culture other than the invariant one reads them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from psbridge.binding.dates import parse_datetime
from psbridge.binding.errors import NetError

from .cultures import Formats
from .dateformat import DAYS, MONTHS
from .errors import NetFault

_ISO = re.compile(r"\s*\d{4}-\d\d?-\d\d?")
_DATE = re.compile(r"(?<!\d)(\d{1,4})([./-])\s?(\d{1,2})(?:([./-])\s?(\d{1,4}))?\.?(?![\d:.])")
_DAY = re.compile(r"(?<=\d)[.,]+(?=\s|$)")
_HALF_FIRST = re.compile(r"\b([AP]M)\s*(\d[\d:.]*)")
_WORDED = ("ShortDatePattern", "LongDatePattern", "LongTimePattern")
_KOREAN = str.maketrans("년월일", "年月日")


def months_of(culture: Formats) -> dict[str, int]:
    """The names of the months, in small letters, in every form that a culture has."""
    listed = ("MonthNames", "MonthGenitiveNames", "AbbreviatedMonthNames", "AbbreviatedMonthGenitiveNames")
    return {
        name.lower(): index + 1
        for key in listed
        for index, name in enumerate(culture[key])
        if name and index < 12
    }


def any_of(names: Iterable[str]) -> str:
    """A pattern of any of these, the longest first."""
    return "|".join(re.escape(name) for name in sorted(filter(None, names), key=len, reverse=True))


def exact_patterns(culture: Formats) -> dict[str, str]:
    """What a culture's names and separators are in a text, by what stands for them in a format."""
    months = months_of(culture)
    halves = [culture["AMDesignator"], culture["PMDesignator"]]
    return {
        "ddd": f"(?:{any_of(culture['AbbreviatedDayNames'])})",
        "dddd": f"(?:{any_of(culture['DayNames'])})",
        "MMM": f"(?P<month>{any_of(months)})",
        "MMMM": f"(?P<month>{any_of(months)})",
        "t": f"(?P<t>{any_of(half[:1] for half in halves)})",
        "tt": f"(?P<t>{any_of(halves)})",
        "/": _separator(culture["DateSeparator"], "/"),
        ":": _separator(culture["TimeSeparator"], ":"),
    }


def _separator(own: str, plain: str) -> str:
    return f"(?:{re.escape(own)}|{re.escape(plain)})"


def parse_date(text: str, culture: Formats) -> datetime.datetime:
    """`DateTime.Parse` with a culture: its order of day, month and year, and its names.

    Raises:
        NetFault: FormatException.
    """
    plain = plain_date(text, culture)
    try:
        return parse_datetime(plain)
    except NetError as error:
        why = str(error).replace(f"'{plain}'", f"'{text}'")
        raise NetFault("FormatException", why) from None


def plain_date(text: str, culture: Formats) -> str:
    """The same date as the invariant culture writes it."""
    if _ISO.match(text):
        return text
    for key, name in (("AMDesignator", "AM"), ("PMDesignator", "PM")):
        if culture[key]:
            text = re.sub(
                rf"(?<![^\W\d]){re.escape(culture[key])}(?![^\W\d])", name, text, flags=re.IGNORECASE
            )
    for word in re.findall(r"'([^']*)'", " ".join(culture[key] for key in _WORDED)):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)\.?", " ", text)
    text = _HALF_FIRST.sub(r"\2 \1", text)
    if re.search(r"\d\s?[년일]", text):
        text = _without_days(text, culture).translate(_KOREAN)
    named = _with_english_names(text, culture)
    if named is not None:
        return named
    found = _DATE.search(text)
    if found is None or (found[4] is None and not re.fullmatch(r"\s*\d{1,2}[./-]\d{1,2}\.?\s*", text)):
        return text
    order = _order(culture["ShortDatePattern"])
    first, second, third = found[1], found[3], found[5]
    day_first = order.index("d") < order.index("M")
    if third is None:
        date = f"{second}/{first}" if _order(culture["MonthDayPattern"]) == "dM" else f"{first}/{second}"
    elif len(first) > 2:
        date = f"{second}/{third}/{first}"
    elif len(third) > 2 or order[-1] == "y":
        date = f"{second}/{first}/{third}" if day_first else f"{first}/{second}/{third}"
    else:
        date = f"{second}/{third}/{first}"
    rest = text[found.end() :]
    return f"{text[: found.start()]}{date}{_with_colons(rest, culture)}"


def _with_colons(text: str, culture: Formats) -> str:
    return re.sub(r"(?<=\d)\.(?=\d\d)", ":", text, count=2) if culture["TimeSeparator"] == "." else text


def _with_english_names(text: str, culture: Formats) -> str | None:
    english = {name[:length].lower(): number for number, name in enumerate(MONTHS, 1) for length in (3, 9)}
    own = {name: number for name, number in months_of(culture).items() if not name[0].isdigit()}
    months = {**english, **own}
    found = re.search(rf"(?<!\w)(?:{any_of(months)})(?!\w)", text, re.IGNORECASE)
    if found is None:
        return None
    rest = f"{text[: found.start()]} {MONTHS[months[found[0].lower()] - 1]} {text[found.end() :]}"
    rest = _without_days(_with_colons(rest, culture), culture)
    head, colon, tail = rest.partition(":")
    words = _DAY.sub(" ", head).split()
    if len(words) == 2 and not colon and any(re.fullmatch(r"\d\d?", word) for word in words):
        words = _with_one_number(words, culture)
    return f"{' '.join(words)}{colon}{tail}"


def _without_days(text: str, culture: Formats) -> str:
    names = any_of([*culture["DayNames"], *culture["AbbreviatedDayNames"], *DAYS])
    return re.sub(rf"(?<!\w)(?:{names})(?!\w)[.,]?", " ", text, flags=re.IGNORECASE)


def _with_one_number(words: list[str], culture: Formats) -> list[str]:
    """A month's name and a number of two digits: a year only where it cannot be taken for the day."""
    first = words[0].isdigit()
    month, number = reversed(words) if first else words
    months, years = _order(culture["MonthDayPattern"]), _order(culture["YearMonthPattern"])
    is_year = (months, years) == (("Md", "yM") if first else ("dM", "My"))
    return [month, "1", number] if is_year else [month, number]


def _order(pattern: str) -> str:
    """In which order day, month and year stand."""
    plain = re.sub("'[^']*'|d{3,}", "", pattern)
    return "".join(dict.fromkeys(re.sub("[^dMy]", "", plain)))


__all__ = ["exact_patterns", "months_of", "parse_date", "plain_date"]
