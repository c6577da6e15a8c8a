"""The operators on text: -match, -replace, -split, -join, -like; wildcard patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import NetError
from psbridge.binding.objects import elements, is_list
from psbridge.binding.regexes import compile_net, net_pattern
from psbridge.binding.text import net_text, to_text

from .casts import cast
from .comparison import members_of
from .errors import ExceptionObject, ScriptError, runtime_error
from .values import Hashtable, TypedArray

_OPTIONS = {1: re.IGNORECASE, 2: re.MULTILINE, 16: re.DOTALL, 32: re.VERBOSE}


_compiled = lru_cache(maxsize=512)(compile_net)


def regex(pattern: Any, *, ignore_case: bool = True, options: int = 0) -> re.Pattern[str]:
    """A .NET pattern, compiled; a [regex] keeps its own options.

    Raises:
        ScriptError: the pattern is wrong.
    """
    if isinstance(pattern, re.Pattern):
        if ignore_case and not pattern.flags & re.IGNORECASE:
            return _compiled(net_pattern(pattern), pattern.flags & ~re.UNICODE | re.IGNORECASE)
        return pattern
    flags = re.IGNORECASE if ignore_case else 0
    for bit, flag in _OPTIONS.items():
        if options & bit:
            flags |= flag
    text = to_text(pattern)
    try:
        return _compiled(text, int(flags))
    except NetError as error:
        failure = runtime_error(
            str(error), "System.Text.RegularExpressions.RegexParseException", category="OperationStopped"
        )
        failure.record.exception = ExceptionObject("RegexParseException", str(error))
        raise failure from None


def operand_regex(pattern: Any, *, ignore_case: bool = True) -> re.Pattern[str]:
    """A pattern of -replace or of `switch -Regex`, which say only that it is wrong.

    Raises:
        ScriptError: InvalidRegularExpression.
    """
    try:
        return regex(pattern, ignore_case=ignore_case)
    except ScriptError:
        raise runtime_error(
            f"The regular expression pattern {to_text(pattern)} is not valid.", "InvalidRegularExpression"
        ) from None


def match(left: Any, pattern: Any, case: bool = False) -> tuple[Any, Hashtable | None]:
    """`left -match pattern`, and what `$Matches` becomes; None when it stays as it was."""
    compiled = regex(pattern, ignore_case=not case)
    items = members_of(left)
    if items is not None:
        return [item for item in items if compiled.search(to_text(item))], None
    match_ = compiled.search(to_text(left))
    return (False, None) if match_ is None else (True, groups_table(match_))


def not_match(left: Any, pattern: Any, case: bool = False) -> tuple[Any, Hashtable | None]:
    """`left -notmatch pattern`."""
    compiled = regex(pattern, ignore_case=not case)
    items = members_of(left)
    if items is not None:
        return [item for item in items if not compiled.search(to_text(item))], None
    match_ = compiled.search(to_text(left))
    return (True, None) if match_ is None else (False, groups_table(match_))


def groups_table(match_: re.Match[str]) -> Hashtable:
    """What `$Matches` holds: the groups that took part, by number or name, and the whole match as 0."""
    table = Hashtable()
    names = {index: name for name, index in match_.re.groupindex.items()}
    for key, value in numbered_groups(match_, names):
        if value is not None:
            table[key] = value
    return table


def numbered_groups(match_: re.Match[str], names: dict[int, str]) -> list[tuple[int | str, str | None]]:
    """The groups in .NET's numbering: unnamed ones first, then named ones by name."""
    plain: list[tuple[int | str, str | None]] = [(0, match_.group())]
    named: list[tuple[int | str, str | None]] = []
    number = 0
    for index in range(1, (match_.re.groups or 0) + 1):
        if index in names:
            named.append((names[index], match_.group(index)))
        else:
            number += 1
            plain.append((number, match_.group(index)))
    return plain + named


_REFERENCE = re.compile(r"\$(?:\$|&|`|'|\+|_|(\d+)|\{(\w+)\})")


def expand(template: str, match_: re.Match[str], text: str) -> str:
    """A .NET replacement text for one match: `$1`, `${name}`, `$&`, `$$`."""
    names = {index: name for name, index in match_.re.groupindex.items()}
    groups = {str(key): value for key, value in numbered_groups(match_, names)}
    # Named groups have numbers too, after the unnamed ones.
    for number, (_, value) in enumerate(numbered_groups(match_, names)):
        groups.setdefault(str(number), value)

    def one(reference: re.Match[str]) -> str:
        token = reference.group()
        if token == "$$":
            return "$"
        if token == "$&":
            return match_.group()
        if token == "$`":
            return text[: match_.start()]
        if token == "$'":
            return text[match_.end() :]
        if token == "$_":
            return text
        if token == "$+":
            return match_.group(match_.re.groups) or "" if match_.re.groups else match_.group()
        name = reference[1] or reference[2]
        if name in groups:
            return groups[name] or ""
        if reference[1]:
            for length in range(len(name) - 1, 0, -1):
                if name[:length] in groups:
                    return (groups[name[:length]] or "") + name[length:]
        return token

    return _REFERENCE.sub(one, template)


def substitute(
    compiled: re.Pattern[str], text: str, replacement: str | Callable[[re.Match[str]], str], count: int = 0
) -> str:
    """`Regex.Replace`."""
    if callable(replacement):
        return compiled.sub(replacement, text, count)
    if "$" not in replacement:
        return compiled.sub(lambda match_: replacement, text, count)
    return compiled.sub(lambda match_: expand(replacement, match_, text), text, count)


def replace(left: Any, right: Any, case: bool = False, run: Callable[[Any, Any], str] | None = None) -> Any:
    """`left -replace pattern, replacement`; `run` runs a replacement that is a script block on a Match."""
    parts = elements(right) if is_list(right) else [right]
    if len(parts) > 2:
        raise runtime_error(
            f"The -replace operator allows only two elements to follow it, not {len(parts)}.",
            "BadReplaceArgument",
        )
    compiled = operand_regex(parts[0] if parts else "", ignore_case=not case)
    new = parts[1] if len(parts) > 1 else ""
    if run is not None:
        runner = run
        by: str | Callable[[re.Match[str]], str] = lambda match_: runner(new, match_)  # noqa: E731
    else:
        by = to_text(new)
    items = members_of(left)
    if items is not None:
        return [substitute(compiled, to_text(item), by) for item in items]
    return substitute(compiled, to_text(left), by)


def split(
    left: Any, right: Any, case: bool = False, run: Callable[[Any, str], bool] | None = None
) -> list[str]:
    """`left -split pattern, count, options`."""
    parts = elements(right) if is_list(right) else [right]
    limit = cast(parts[1], nettypes.INT32) if len(parts) > 1 else 0
    options = to_text(parts[2]) if len(parts) > 2 else ""
    items = members_of(left)
    pieces: list[str] = []
    for item in [left] if items is None else items:
        text = to_text(item)
        if run is not None:
            pieces += _split_by(text, lambda character: run(parts[0], character), limit)
        elif "simplematch" in options.lower():
            pieces += _split_regex(re.compile(re.escape(to_text(parts[0])), 0 if case else re.I), text, limit)
        else:
            ignore = not case if not options else "ignorecase" in options.lower()
            flags = sum(
                value
                for name, value in (("multiline", 2), ("singleline", 16), ("ignorepatternwhitespace", 32))
                if name in options.lower().replace(" ", "").split(",")
            )
            pieces += _split_regex(regex(parts[0], ignore_case=ignore, options=flags), text, limit)
    return TypedArray(pieces, nettypes.STRING)


def _split_by(text: str, test: Callable[[str], bool], limit: int) -> list[str]:
    pieces: list[str] = []
    current = ""
    for character in text:
        if test(character) and (limit <= 0 or len(pieces) < limit - 1):
            pieces.append(current)
            current = ""
        else:
            current += character
    return [*pieces, current]


def _split_regex(compiled: re.Pattern[str], text: str, limit: int) -> list[str]:
    if limit == 1:
        return [text]
    found = list(compiled.finditer(text))
    if limit > 1:
        found = found[: limit - 1]
    elif limit < -1:
        found = found[limit + 1 :]
    elif limit == -1:
        return [text]
    pieces, position = [], 0
    for match_ in found:
        pieces.append(text[position : match_.start()])
        pieces += [group for group in match_.groups() if group is not None]
        position = match_.end()
    return [*pieces, text[position:]]


def split_words(value: Any) -> list[str]:
    """`-split value`: at white space, without empty pieces."""
    items = members_of(value)
    words = [word for item in ([value] if items is None else items) for word in to_text(item).split()]
    return TypedArray(words, nettypes.STRING)


def join(left: Any, separator: Any = "") -> str:
    """`left -join separator`."""
    items = members_of(left)
    if items is None:
        return to_text(left)
    # An array inside the array is shown as its type, whatever $OFS is.
    return to_text(separator).join([net_text(item) if is_list(item) else to_text(item) for item in items])


@lru_cache(maxsize=512)
def wildcard(pattern: str, case: bool = False) -> re.Pattern[str]:
    """A wildcard pattern (`*`, `?`, `[a-z]`, back-tick to escape) as a regular expression."""
    parts, index = [""], 0
    while index < len(pattern):
        character = pattern[index]
        index += 1
        if character == "`" and index < len(pattern):
            parts[-1] += re.escape(pattern[index])
            index += 1
        elif character == "*":
            parts.append("")
        elif character == "?":
            parts[-1] += "."
        elif character == "[":
            end = pattern.find("]", index + 1 if pattern[index : index + 1] == "]" else index)
            if end < 0:
                raise _bad_wildcard(pattern)
            parts[-1] += _wildcard_set(pattern, pattern[index:end])
            index = end + 1
        else:
            parts[-1] += re.escape(character)
    return re.compile(_between_stars(parts), re.DOTALL if case else re.DOTALL | re.IGNORECASE)


def _between_stars(parts: list[str]) -> str:
    """The regular expression of what stands between the stars of a wildcard pattern.

    A part is taken where it is first found, and no other place is tried: it could leave no more to the next.
    """
    if len(parts) < 4:
        return ".*".join(parts)
    first, *middle, last = parts
    taken = [f"(?=(?P<w{number}>.*?{part}))(?P=w{number})" for number, part in enumerate(middle) if part]
    return f"{first}{''.join(taken)}.*{last}"


_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)


def _wildcard_set(pattern: str, inside: str) -> str:
    """What stands between brackets in a wildcard pattern: characters and ranges of them."""
    parts: list[str] = []
    for match_ in _RANGE.finditer(inside):
        if match_[3] is not None:
            parts.append(re.escape(match_[3]))
        elif match_[1] > match_[2]:
            raise _bad_wildcard(pattern)
        else:
            parts.append(f"{re.escape(match_[1])}-{re.escape(match_[2])}")
    return f"[{''.join(parts)}]" if parts else "(?!)"


def _bad_wildcard(pattern: str) -> ScriptError:
    return runtime_error(
        f"The specified wildcard character pattern is not valid: {pattern}",
        "WildcardPattern_Invalid",
        kind="WildcardPatternException",
    )


def has_wildcard(text: str) -> bool:
    """Whether a text is a wildcard pattern."""
    return any(character in text for character in "*?[")


def like(left: Any, right: Any, case: bool = False) -> Any:
    """`left -like right`."""
    compiled = wildcard(to_text(right), case)
    items = members_of(left)
    if items is not None:
        return [text for text in map(to_text, items) if compiled.fullmatch(text)]
    return compiled.fullmatch(to_text(left)) is not None


def not_like(left: Any, right: Any, case: bool = False) -> Any:
    """`left -notlike right`."""
    compiled = wildcard(to_text(right), case)
    items = members_of(left)
    if items is not None:
        return [text for text in map(to_text, items) if not compiled.fullmatch(text)]
    return compiled.fullmatch(to_text(left)) is None


__all__ = ["ScriptError", "join", "like", "match", "regex", "replace", "split", "wildcard"]
