"""System.StringComparer, CultureInfo, NumberFormatInfo, DateTimeFormatInfo and TextInfo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psbridge.binding import messages, nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.ordinal import folded
from psbridge.binding.text import net_text
from psbridge.script.semantics import collation
from psbridge.script.semantics.cultures import Formats, formats, full_pattern, known_names
from psbridge.script.semantics.errors import NetFault, runtime_error
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import TypedArray

from . import describe
from .faults import out_of_range
from .letters import lower, title, upper
from .text import ordinal


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
    """System.Globalization.CultureInfo: a name, and the figures by which it writes numbers and dates.

    A culture of which no figures are known has its name only: to write or read by it is an error.
    """

    net_type = nettypes.NetType("CultureInfo", "System.Globalization.CultureInfo")

    def __init__(self, name: str = "", fixed: bool = False) -> None:
        self.name = name
        self.fixed = fixed
        self.changed: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.name

    def __net_equals__(self, other: Any) -> bool:
        try:
            return isinstance(other, (Culture, str)) and _culture(other).name == self.name
        except (InvalidCast, NetError):
            return False

    def __net_formats__(self) -> Formats | None:
        if not self.changed:
            return formats(self.name) if self.name else None
        return {**formats(self.name), **self.changed}

    def figure(self, name: str) -> Any:
        """One of its figures by its name in .NET.

        Raises:
            NetFault: NotSupportedException.
        """
        return self.changed.get(name, formats(self.name)[name])

    def copy(self) -> Culture:
        """One of the same figures that may be changed."""
        made = Culture(self.name)
        made.changed = dict(self.changed)
        return made


CULTURE = describe("System.Globalization.CultureInfo", Culture.net_type)


def _culture(value: Any) -> Culture:
    return value if isinstance(value, Culture) else Culture(net_text(convert(value, nettypes.CULTURE)))


Culture.net_type.rule = _culture


def _made(name: Any, fixed: bool = False) -> Culture:
    """A culture by its name or number.

    Raises:
        NetFault: CultureNotFoundException.
    """
    try:
        return Culture(_culture(name).name, fixed)
    except (InvalidCast, NetError) as error:
        why = str(error).partition('. Error: "')[2].removesuffix('"') or str(error)
        raise NetFault("Globalization.CultureNotFoundException", why) from None


_SPECIFIC = {
    "en": "en-US",
    "zh": "zh-CN",
    "zh-Hans": "zh-CN",
    "zh-Hant": "zh-TW",
    "pt": "pt-BR",
    "da": "da-DK",
    "sv": "sv-SE",
    "cs": "cs-CZ",
    "el": "el-GR",
    "ja": "ja-JP",
    "ko": "ko-KR",
    "nb": "nb-NO",
    "nn": "nn-NO",
    "sl": "sl-SI",
    "uk": "uk-UA",
}


def _specific(name: str) -> Culture:
    """CreateSpecificCulture: of a language alone the culture of its country."""
    made = _made(name)
    if made.name and formats(made.name)["IsNeutralCulture"]:
        made.name = _SPECIFIC.get(made.name) or f"{made.name}-{made.name.upper()}"
    return made


_MAKERS: dict[str, Callable[..., Any]] = {"(string name)": _made, "(int culture)": _made}
CULTURE.new({**_MAKERS, "(string name, bool useUserOverride)": lambda name, _: _made(name)})


INVARIANT = Culture(fixed=True)
CULTURE.constant(dict.fromkeys(("InvariantCulture", "CurrentCulture", "CurrentUICulture"), INVARIANT))


def listed(name: str) -> Culture:
    """A culture whose figures are known, in any case; for Get-Culture.

    Raises:
        ScriptError: there is none of this name.
    """
    names = {one.lower(): one for one in ("", *known_names())}
    if name.lower() not in names:
        why = messages.NOT_IN_SET.format(name, ",".join(names.values()))
        raise runtime_error(
            f"Cannot validate argument on parameter 'Name'. {why}",
            "ParameterArgumentValidationError,Microsoft.PowerShell.Commands.GetCultureCommand",
            category="InvalidData",
            kind="ParameterBindingValidationException",
        )
    return Culture(names[name.lower()], True)


def set_current(value: Any) -> None:
    """Make a culture that of the session: only the invariant one can be.

    Raises:
        NetFault: NotSupportedException.
    """
    name = _culture(value).name
    if name:
        raise NetFault(
            "NotSupportedException",
            f"'{name}' cannot be the culture of a session here, which is the invariant one; give it to "
            "ToString, Parse or [string]::Format instead.",
        )


CULTURE.setter(
    {
        f"::{name}": set_current
        for name in (
            *("CurrentCulture", "CurrentUICulture"),
            *("DefaultThreadCurrentCulture", "DefaultThreadCurrentUICulture"),
        )
    }
)


CULTURE.static(
    {
        "GetCultureInfo(string name)": lambda name: _made(name, True),
        "GetCultureInfo(int culture)": lambda number: _made(number, True),
        "GetCultureInfoByIetfLanguageTag(string name)": lambda name: _made(name, True),
        "CreateSpecificCulture(string name)": _specific,
        "ReadOnly(any ci)": lambda culture: Culture(culture.name, True),
    }
)


def _figure(name: str) -> Callable[[Any], Any]:
    return _reader(name, lambda holder: _net(name, holder.figure(name)))


def _reader(name: str, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A property that not every culture has here."""

    def property_(holder: Any) -> Any:
        try:
            return read(holder)
        except NetFault as fault:
            raise runtime_error(
                f'Exception getting "{name}": "{fault}"',
                "ExceptionWhenGetting",
                category="NotSpecified",
                kind="GetValueInvocationException",
                inner=fault.exception(),
            ) from None

    return property_


def _net(name: str, value: Any) -> Any:
    """A figure as .NET has it: an array or an enumeration's member where it is one."""
    if name == "FirstDayOfWeek":
        return nettypes.DayOfWeek(value)
    if name == "CalendarWeekRule":
        return net_enum("System.Globalization.CalendarWeekRule")(value)
    if isinstance(value, list):
        return TypedArray(value, nettypes.INT32 if name.endswith("Sizes") else nettypes.STRING)
    return value


CULTURE.property(
    {
        "Name": lambda culture: culture.name,
        "IetfLanguageTag": lambda culture: culture.name,
        **{
            name: _figure(name)
            for name in (
                *("DisplayName", "EnglishName", "NativeName", "LCID", "TwoLetterISOLanguageName"),
                *("ThreeLetterISOLanguageName", "IsNeutralCulture"),
            )
        },
        "Parent": _reader("Parent", lambda culture: Culture(culture.figure("Parent"), True)),
        "IsReadOnly": lambda culture: culture.fixed,
        "TextInfo": lambda culture: TextInfo(culture),
        "NumberFormat": lambda culture: NumberFormat(culture),
        "DateTimeFormat": lambda culture: DateFormat(culture),
    }
)


CULTURE.method(
    {
        "ToString()": str,
        "Clone()": Culture.copy,
        "Equals(object value)": Culture.__net_equals__,
        "GetFormat(type formatType)": lambda culture, type_: (
            NumberFormat(culture) if type_.name == "NumberFormatInfo" else DateFormat(culture)
        ),
    }
)


class FormatInfo:
    """NumberFormatInfo or DateTimeFormatInfo: a view of a culture's figures."""

    net_type: nettypes.NetType

    def __init__(self, culture: Culture | None = None) -> None:
        self.culture = culture or Culture()

    def __net_formats__(self) -> Formats | None:
        return self.culture.__net_formats__()

    def figure(self, name: str) -> Any:
        return self.culture.figure(name)

    def change(self, name: str, value: Any) -> None:
        """Set a figure.

        Raises:
            NetFault: InvalidOperationException, of one that is read-only.
        """
        if self.culture.fixed:
            raise NetFault("InvalidOperationException", "Instance is read-only.")
        before = formats(self.culture.name)[name]
        if isinstance(before, list):
            made: Any = [int(one) if name.endswith("Sizes") else net_text(one) for one in value]
        elif isinstance(before, int):
            made = int(convert(value, nettypes.INT32))
        else:
            made = net_text(value)
        self.culture.changed[name] = made

    def copy(self) -> FormatInfo:
        """One that may be changed."""
        return type(self)(self.culture.copy())


class NumberFormat(FormatInfo):
    """System.Globalization.NumberFormatInfo."""

    net_type = nettypes.NetType("NumberFormatInfo", "System.Globalization.NumberFormatInfo")


class DateFormat(FormatInfo):
    """System.Globalization.DateTimeFormatInfo."""

    net_type = nettypes.NetType("DateTimeFormatInfo", "System.Globalization.DateTimeFormatInfo")


NUMBER_FORMAT = describe("System.Globalization.NumberFormatInfo", NumberFormat.net_type)
DATE_FORMAT = describe("System.Globalization.DateTimeFormatInfo", DateFormat.net_type)

_SIDES = ("DecimalSeparator", "GroupSeparator", "GroupSizes", "DecimalDigits", "NegativePattern")
_NUMBER_FIGURES = (
    *(f"{kind}{side}" for kind in ("Number", "Currency", "Percent") for side in _SIDES),
    *("CurrencyPositivePattern", "PercentPositivePattern", "CurrencySymbol", "PercentSymbol"),
    *("PerMilleSymbol", "NegativeSign", "PositiveSign", "NaNSymbol"),
    *("PositiveInfinitySymbol", "NegativeInfinitySymbol"),
)
_DATE_FIGURES = (
    *("ShortDatePattern", "LongDatePattern", "ShortTimePattern", "LongTimePattern", "MonthDayPattern"),
    *("YearMonthPattern", "DateSeparator", "TimeSeparator", "AMDesignator", "PMDesignator"),
    *("FirstDayOfWeek", "CalendarWeekRule", "DayNames", "AbbreviatedDayNames", "ShortestDayNames"),
    *("MonthNames", "AbbreviatedMonthNames", "MonthGenitiveNames", "AbbreviatedMonthGenitiveNames"),
)

for _described, _cls, _names, _static in (
    (NUMBER_FORMAT, NumberFormat, _NUMBER_FIGURES, "Number"),
    (DATE_FORMAT, DateFormat, _DATE_FIGURES, "Date"),
):
    _described.new({"()": _cls})
    _described.constant({name: _cls(INVARIANT) for name in ("InvariantInfo", "CurrentInfo")})
    _described.property({name: _figure(name) for name in _names})
    _described.property({"IsReadOnly": lambda info: info.culture.fixed})
    _described.setter({name: lambda info, value, name=name: info.change(name, value) for name in _names})
    _described.method({"Clone()": FormatInfo.copy})
    _described.static({"GetInstance(IFormatProvider p)": lambda provider, cls=_cls: _instance(provider, cls)})


def _instance(provider: Any, cls: type[FormatInfo]) -> Any:
    if isinstance(provider, cls) or provider is None:
        return provider or cls(INVARIANT)
    return cls(provider if isinstance(provider, Culture) else INVARIANT)


DATE_FORMAT.property(
    {
        "FullDateTimePattern": _reader(
            "FullDateTimePattern", lambda info: full_pattern(info.__net_formats__() or formats(""))
        ),
        "SortableDateTimePattern": lambda info: "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        "UniversalSortableDateTimePattern": lambda info: "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
        "RFC1123Pattern": lambda info: "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    }
)


def _month(figure: str) -> Callable[[Any, int], str]:
    def name(info: Any, month: int) -> str:
        if not 1 <= month <= 13:
            raise out_of_range("month", "Valid values are between 1 and 13, inclusive.", month)
        return str(info.figure(figure)[month - 1])

    return name


DATE_FORMAT.method(
    {
        "GetMonthName(int month)": _month("MonthNames"),
        "GetAbbreviatedMonthName(int month)": _month("AbbreviatedMonthNames"),
        **{
            f"{method}(System.DayOfWeek day)": lambda info, day, figure=figure: info.figure(figure)[int(day)]
            for method, figure in (
                ("GetDayName", "DayNames"),
                ("GetAbbreviatedDayName", "AbbreviatedDayNames"),
                ("GetShortestDayName", "ShortestDayNames"),
            )
        },
        "GetEraName(int era)": lambda info, era: info.figure("EraName"),
    }
)


class TextInfo:
    """System.Globalization.TextInfo."""

    net_type = nettypes.NetType("TextInfo", "System.Globalization.TextInfo")

    def __init__(self, culture: Culture) -> None:
        self.culture = culture


TEXT_INFO = describe("System.Globalization.TextInfo", TextInfo.net_type)


TEXT_INFO.method(
    {
        "ToTitleCase(string str)": lambda info, text: title(text, info.culture),
        "ToUpper(string str)": lambda info, text: upper(text, info.culture),
        "ToLower(string str)": lambda info, text: lower(text, info.culture),
    }
)


TEXT_INFO.property(
    {
        "ListSeparator": _reader("ListSeparator", lambda info: info.culture.figure("ListSeparator")),
        "CultureName": lambda info: info.culture.name,
        "LCID": _reader("LCID", lambda info: info.culture.figure("LCID")),
        "IsReadOnly": lambda info: info.culture.fixed,
    }
)
