"""System.StringComparer, CultureInfo and TextInfo."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.ordinal import folded
from psbridge.binding.text import net_text
from psbridge.script.semantics import collation
from psbridge.script.semantics.values import Bag

from . import describe
from .text import lower, ordinal, title, upper


class Comparer:
    """System.StringComparer, by whether it ignores case."""

    net_type = nettypes.NetType("StringComparer", "System.StringComparer")

    def __init__(self, ignore_case: bool, ordinal: bool) -> None:
        self.ignore_case = ignore_case
        self.ordinal = ordinal

    def compare(self, one: str, other: str) -> int:
        """Less than, equal to, or greater than zero."""
        if not self.ordinal:
            return collation.compare(one, other, ignore_case=self.ignore_case)
        return ordinal(folded(one), folded(other)) if self.ignore_case else ordinal(one, other)


COMPARER = describe("System.StringComparer", Comparer.net_type)


COMPARER.constant(
    {
        name: Comparer(name.endswith("IgnoreCase"), name.startswith("Ordinal"))
        for name in (
            *("Ordinal", "OrdinalIgnoreCase", "InvariantCulture", "InvariantCultureIgnoreCase"),
            *("CurrentCulture", "CurrentCultureIgnoreCase"),
        )
    }
)


COMPARER.method(
    {
        "Equals(string x, string y)": lambda comparer, one, other: comparer.compare(one, other) == 0,
        "Compare(string x, string y)": lambda comparer, one, other: comparer.compare(one, other),
    }
)


class Culture:
    """System.Globalization.CultureInfo: a name; what it writes is the invariant culture's."""

    net_type = nettypes.NetType("CultureInfo", "System.Globalization.CultureInfo")

    def __init__(self, name: str = "") -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


CULTURE = describe("System.Globalization.CultureInfo", Culture.net_type)


def _culture(value: Any) -> Culture:
    return value if isinstance(value, Culture) else Culture(net_text(convert(value, nettypes.CULTURE)))


Culture.net_type.rule = _culture


CULTURE.new({"(string name)": Culture})


CULTURE.constant({name: Culture() for name in ("InvariantCulture", "CurrentCulture", "CurrentUICulture")})


CULTURE.setter({"::CurrentCulture": lambda value: None, "::CurrentUICulture": lambda value: None})


CULTURE.static(
    {
        "GetCultureInfo(string name)": Culture,
        "CreateSpecificCulture(string name)": Culture,
        "new(string name)": Culture,
    }
)


CULTURE.property(
    {
        "Name": lambda culture: culture.name,
        "DisplayName": lambda culture: (
            "Invariant Language (Invariant Country)" if not culture.name else culture.name
        ),
        "EnglishName": lambda culture: "Invariant Language (Invariant Country)",
        "LCID": lambda culture: 127,
        "TwoLetterISOLanguageName": lambda culture: culture.name[:2] or "iv",
        "TextInfo": lambda culture: TextInfo(),
        "NumberFormat": lambda culture: Bag(
            {"NumberDecimalSeparator": ".", "NumberGroupSeparator": ",", "CurrencySymbol": "¤"}
        ),
        "DateTimeFormat": lambda culture: _date_format(),
    }
)


def _date_format() -> Any:
    from .dates import FORMAT_INFO

    return FORMAT_INFO


class TextInfo:
    """System.Globalization.TextInfo."""

    net_type = nettypes.NetType("TextInfo", "System.Globalization.TextInfo")


TEXT_INFO = describe("System.Globalization.TextInfo", TextInfo.net_type)


TEXT_INFO.method(
    {
        "ToTitleCase(string str)": lambda info, text: title(text),
        "ToUpper(string str)": lambda info, text: upper(text),
        "ToLower(string str)": lambda info, text: lower(text),
    }
)


TEXT_INFO.property({"ListSeparator": lambda info: ",", "CultureName": lambda info: ""})
