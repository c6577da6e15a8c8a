"""System.Text.RegularExpressions: Regex, Match, Group, MatchCollection."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.regexes import net_pattern
from psbridge.script.semantics import patterns
from psbridge.script.semantics.attributes import NetAttributes
from psbridge.script.semantics.errors import NetFault, ScriptError
from psbridge.script.semantics.text import text as to_text
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import NetList, TypedArray

from . import describe

_HOME = "System.Text.RegularExpressions."


class Group:
    """One group of a match: `Success`, `Value`, `Index`, `Length`, `Name`."""

    net_type = NetType("Group", f"{_HOME}Group")

    def __init__(self, name: str, value: str | None, start: int) -> None:
        self.name = name
        self.value = value
        self.start = start

    def __str__(self) -> str:
        return self.value or ""


class Match(NetAttributes, Group):
    """A match, found or not."""

    net_type = NetType("Match", f"{_HOME}Match")

    def __init__(self, found: re.Match[str] | None, pattern: re.Pattern[str], text: str) -> None:
        super().__init__("0", None if found is None else found.group(), 0 if found is None else found.start())
        self.found = found
        self.pattern = pattern
        self.text = text

    def groups(self) -> Groups:
        if self.found is None:
            return Groups([Group("0", None, 0)])
        names = {index: name for name, index in self.pattern.groupindex.items()}
        made: list[Group] = [self]
        starts: dict[str, int] = {}
        number = 0
        for index in range(1, self.pattern.groups + 1):
            if index in names:
                starts[names[index]] = index
            else:
                number += 1
                starts[str(number)] = index
        for key, value in patterns.numbered_groups(self.found, names)[1:]:
            made.append(Group(str(key), value, max(self.found.start(starts[str(key)]), 0)))
        return Groups(made)

    def next(self) -> Match:
        if self.found is None:
            return self
        end = self.found.end() + (1 if self.found.end() == self.found.start() else 0)
        following = self.pattern.search(self.text, end) if end <= len(self.text) else None
        return Match(following, self.pattern, self.text)


class Groups(NetList):
    """GroupCollection: by number or by name."""

    __slots__ = ()
    net_type = NetType("GroupCollection", f"{_HOME}GroupCollection")

    def __net_index__(self, key: Any) -> Group:
        if isinstance(key, int) and not isinstance(key, bool):
            return self[key] if 0 <= key < len(self) else Group("", None, 0)
        wanted = to_text(key)
        return next((group for group in self if group.name == wanted), Group(wanted, None, 0))


class Matches(NetList):
    """MatchCollection."""

    __slots__ = ()
    net_type = NetType("MatchCollection", f"{_HOME}MatchCollection")


def compiled(pattern: Any, options: Any = None) -> re.Pattern[str]:
    """The Regex of a pattern.

    Raises:
        NetFault: the pattern is wrong.
    """
    bits = 0 if options is None else int(options)
    try:
        return patterns.regex(pattern, ignore_case=bool(bits & 1), options=bits & ~1)
    except ScriptError as error:
        raise NetFault("RegexParseException", error.message) from None


def find(pattern: re.Pattern[str], text: str, start: int = 0) -> Match:
    """Regex.Match."""
    return Match(pattern.search(text, start), pattern, text)


def find_all(pattern: re.Pattern[str], text: str, start: int = 0) -> Matches:
    """Regex.Matches."""
    return Matches([Match(found, pattern, text) for found in pattern.finditer(text, start)])


def _replace(pattern: re.Pattern[str], text: str, new: Any, count: int = -1) -> str:
    by: str | Callable[[re.Match[str]], str] = new
    if not isinstance(new, str):
        by = lambda found: to_text(new(Match(found, pattern, text)))  # noqa: E731
    if count == 0:
        return text
    return patterns.substitute(pattern, text, by, max(count, 0))


def _split(pattern: re.Pattern[str], text: str, count: int = 0) -> TypedArray:
    return TypedArray(patterns._split_regex(pattern, text, count), nettypes.STRING)


_ESCAPED = frozenset("\\*+?|{[()^$.# ")
_WHITE = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}


def escape(text: str) -> str:
    """Regex.Escape."""
    return "".join(f"\\{item}" if item in _ESCAPED else _WHITE.get(item, item) for item in text)


def unescape(text: str) -> str:
    """Regex.Unescape."""
    table = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "e": "\x1b", "a": "\a", "v": "\v", "0": "\0"}
    text = re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)
    return re.sub(r"\\(.)", lambda match: table.get(match[1], match[1]), text)


def _options(pattern: re.Pattern[str]) -> Any:
    bits = sum(bit for bit, flag in patterns._OPTIONS.items() if pattern.flags & flag)
    return net_enum(f"{_HOME}RegexOptions")(bits)


REGEX = describe(f"{_HOME}Regex", nettypes.REGEX)
_OPTION = f"{_HOME}RegexOptions options"
REGEX.new({"(string pattern)": compiled, f"(string pattern, {_OPTION})": compiled})
REGEX.property(
    {
        "Options": _options,
        "RightToLeft": lambda pattern: False,
        "MatchTimeout": lambda pattern: datetime.timedelta(milliseconds=-1),
    }
)
REGEX.method(
    {
        "IsMatch(string input)": lambda pattern, text: pattern.search(text) is not None,
        "IsMatch(string input, int startat)": lambda pattern, text, at: pattern.search(text, at) is not None,
        "Match(string input)": find,
        "Match(string input, int startat)": find,
        "Matches(string input)": find_all,
        "Matches(string input, int startat)": find_all,
        "Replace(string input, string replacement)": _replace,
        "Replace(string input, delegate evaluator)": _replace,
        "Replace(string input, string replacement, int count)": _replace,
        "Replace(string input, delegate evaluator, int count)": _replace,
        "Split(string input)": _split,
        "Split(string input, int count)": _split,
        "Count(string input)": lambda pattern, text: len(find_all(pattern, text)),
        "GetGroupNames()": lambda pattern: TypedArray(
            [group.name for group in _empty_groups(pattern)], nettypes.STRING
        ),
        "ToString()": net_pattern,
    }
)


def _empty_groups(pattern: re.Pattern[str]) -> list[Group]:
    names = list(pattern.groupindex)
    plain = pattern.groups - len(names)
    return [Group(name, None, 0) for name in (*map(str, range(plain + 1)), *names)]


_STATIC: dict[str, Callable[..., Any]] = {
    "IsMatch": lambda text, pattern, options=None: compiled(pattern, options).search(text) is not None,
    "Match": lambda text, pattern, options=None: find(compiled(pattern, options), text),
    "Matches": lambda text, pattern, options=None: find_all(compiled(pattern, options), text),
    "Split": lambda text, pattern, options=None: _split(compiled(pattern, options), text),
    "Count": lambda text, pattern, options=None: len(find_all(compiled(pattern, options), text)),
}
for _name, _function in _STATIC.items():
    REGEX.static(
        {
            f"{_name}(string input, string pattern)": _function,
            f"{_name}(string input, string pattern, {_OPTION})": _function,
        }
    )
REGEX.static(
    {
        "Replace(string input, string pattern, string replacement)": lambda text, pattern, new: _replace(
            compiled(pattern), text, new
        ),
        "Replace(string input, string pattern, delegate evaluator)": lambda text, pattern, new: _replace(
            compiled(pattern), text, new
        ),
        f"Replace(string input, string pattern, string replacement, {_OPTION})": (
            lambda text, pattern, new, options: _replace(compiled(pattern, options), text, new)
        ),
        f"Replace(string input, string pattern, delegate evaluator, {_OPTION})": (
            lambda text, pattern, new, options: _replace(compiled(pattern, options), text, new)
        ),
        "Escape(string str)": escape,
        "Unescape(string str)": unescape,
    }
)
CAPTURE = describe(f"{_HOME}Capture")
CAPTURE.property(
    {
        "Value": lambda group: group.value or "",
        "Index": lambda group: group.start,
        "Length": lambda group: len(group.value or ""),
    }
)
GROUP = describe(f"{_HOME}Group", Group.net_type, f"{_HOME}Capture")
GROUP.property(
    {
        "Success": lambda group: group.value is not None,
        "Name": lambda group: group.name,
        "Captures": lambda group: NetList([group] if group.value is not None else []),
    }
)
GROUP.method({"ToString()": str})
MATCH = describe(f"{_HOME}Match", Match.net_type, f"{_HOME}Group")
MATCH.property({"Groups": lambda match: match.groups()})
MATCH.method(
    {
        "NextMatch()": lambda match: match.next(),
        "Result(string replacement)": lambda match, new: patterns.expand(new, match.found, match.text),
    }
)
MATCHES = describe(f"{_HOME}MatchCollection", Matches.net_type, "System.Array")
GROUPS = describe(f"{_HOME}GroupCollection", Groups.net_type, "System.Collections.Generic.List`1")
GROUPS.property(
    {
        "Keys": lambda groups: [group.name for group in groups],
        "Values": list,
    }
)
GROUPS.method({"ContainsKey(string key)": lambda groups, key: any(group.name == key for group in groups)})
