"""Properties as Select-Object, Sort-Object and Format-Table take them: names, wildcards, script blocks."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock, Uri
from psbridge.script.semantics import members, patterns
from psbridge.script.semantics.comparison import truth
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.values import Bag, DictionaryEntry, Wrapped

URI_MEMBERS = (
    "AbsolutePath AbsoluteUri LocalPath Authority HostNameType IsDefaultPort IsFile IsLoopback PathAndQuery "
    "Segments IsUnc Host Port Query Fragment Scheme OriginalString DnsSafeHost IdnHost IsAbsoluteUri "
    "UserEscaped UserInfo"
).split()


class Calculated:
    """One property: what it is called, how its value comes about, and how it is shown."""

    def __init__(self, name: str | None, expression: Any) -> None:
        self.name = name
        self.expression = expression
        self.descending: bool | None = None
        self.width: int | None = None
        self.alignment: str | None = None
        self.format: str | None = None

    def values(self, item: Any, cmdlet: Any) -> Iterator[tuple[str, Any]]:
        """The name and value for an object; several for a wildcard."""
        expression = self.expression
        if isinstance(expression, ScriptBlock):
            name = self.name if self.name is not None else expression.text
            try:
                value = cmdlet.block_value(expression, item)
            except ScriptError:  # PowerShell shows no value then, and no error
                value = None
            yield name, value
            return
        if callable(expression):
            yield self.name or "", expression(item)
            return
        wanted = to_text(expression)
        if patterns.has_wildcard(wanted):
            for name in names_matching(item, wanted):
                yield self.name or name, members.member(item, name)
            return
        found, value = lookup(item, wanted)
        yield self.name or (members.property_name(item, wanted) if found else wanted), value


def lookup(item: Any, name: str) -> tuple[bool, Any]:
    """A property of an object; a dictionary's keys count."""
    if item is None:
        return False, None
    return members.lookup(item, name)


def value_of(item: Any, column: Calculated, cmdlet: Any) -> Any:
    """The value of a property for an object."""
    for _, value in column.values(item, cmdlet):
        return value
    return None


def calculated(spec: Any, cmdlet: Any) -> Calculated:
    """A property from a name, a script block, or `@{n=...; e=...}`."""
    if isinstance(spec, Wrapped):
        spec = spec.value
    if not is_dictionary(spec):
        return Calculated(None, spec)
    made = Calculated(None, None)
    shown = getattr(cmdlet, "shape", None) is not None
    for key, value in spec.items():
        folded = to_text(key).lower()
        if folded and ("name".startswith(folded) or "label".startswith(folded)):
            made.name = to_text(value)
        elif folded and "expression".startswith(folded):
            made.expression = value
        elif folded and shown and "alignment".startswith(folded):
            made.alignment = to_text(value).lower()
        elif folded and "descending".startswith(folded):
            made.descending = truth(value)
        elif folded and "ascending".startswith(folded):
            made.descending = not truth(value)
        elif folded and "width".startswith(folded):
            made.width = int(value)
        elif folded and "alignment".startswith(folded):
            made.alignment = to_text(value).lower()
        elif folded and "formatstring".startswith(folded):
            made.format = to_text(value)
        else:
            raise cmdlet.fatal(
                "NotSupportedException",
                f"The {to_text(key)} key is not valid.",
                "DictionaryKeyIllegal",
                "InvalidArgument",
            )
    if made.expression is None:
        made.expression = made.name if made.name is not None else ""
    return made


def property_names(item: Any) -> list[str]:
    """The names of the properties of any object, in order."""
    if item is None:
        return []
    if isinstance(item, Wrapped):
        added = [member.name for member in item.members.values() if member.is_property]
        return [*property_names(item.value), *added]
    shown = getattr(item, "shown", None)
    if shown is not None:
        return list(shown())
    bag = bag_of(type(item))
    if bag is not None:
        return list(bag(item))
    if is_dictionary(item):
        return list(_DICTIONARY)
    if isinstance(item, Uri):
        return list(URI_MEMBERS)
    if isinstance(item, str):
        return ["Length"]
    if isinstance(item, uuid.UUID):
        return ["Variant", "Version", "Guid"]
    from psbridge.script.net import class_of

    if is_list(item):
        return [
            "Length",
            "LongLength",
            "Rank",
            "SyncRoot",
            "IsReadOnly",
            "IsFixedSize",
            "IsSynchronized",
            "Count",
        ]
    described = class_of(item)
    names = list(described.all_properties()) if described is not None else []
    if isinstance(item, datetime.datetime) and "DateTime" in names:
        names = ["DateTime", *(name for name in names if name != "DateTime")]
    extra = getattr(item, "extra", None)
    if isinstance(extra, dict):
        names += list(extra)
    return names


def listed_names(item: Any) -> list[str]:
    """The names of the properties in the order of a list without columns: an alias comes last."""
    names = property_names(item)
    last = names[:1] in (["Name"], ["DateTime"]) and isinstance(item, (DictionaryEntry, datetime.datetime))
    return [*names[1:], names[0]] if last else names


_DICTIONARY = ("IsReadOnly", "IsFixedSize", "IsSynchronized", "Keys", "Values", "SyncRoot", "Count")


def names_matching(item: Any, pattern: str) -> list[str]:
    """The names of the properties that a wildcard matches."""
    compiled = patterns.wildcard(pattern)
    names = list(item) if is_dictionary(item) and not isinstance(item, Bag) else property_names(item)
    return [name for name in map(to_text, names) if compiled.fullmatch(name)]
