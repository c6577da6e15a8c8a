"""Which shape objects of a kind have: a table of chosen columns, a list of all properties, or plain text."""

from __future__ import annotations

import datetime
import enum
import os
import uuid
from decimal import Decimal
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock, SecureString, Switch, Uri, Version
from psbridge.script.commands import replies
from psbridge.script.commands.calculated import URI_MEMBERS, Calculated, property_names, value_of
from psbridge.script.semantics import members
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject
from psbridge.script.semantics.text import composite
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Bag, DictionaryEntry, Wrapped

from . import shapes

Kind = tuple[str, Any]
_PLAIN = (str, int, float, Decimal, enum.Enum, Switch, datetime.datetime, uuid.UUID, ErrorRecord)
# Types with a table of their own: heading, width (0 is as wide as needed), alignment, property or function.
_VIEWS: dict[str, list[tuple[str, int, str, Any]]] = {
    **replies.TABLES,
    "System.Collections.DictionaryEntry": [("Name", 30, "left", "Name"), ("Value", 0, "left", "Value")],
    "Microsoft.PowerShell.Commands.GroupInfo": [
        ("Count", 5, "right", "Count"),
        ("Name", 25, "left", "Name"),
        ("Group", 0, "left", "Group"),
    ],
    "Microsoft.PowerShell.Commands.GroupInfoNoElement": [
        ("Count", 5, "right", "Count"),
        ("Name", 25, "left", "Name"),
    ],
    "Microsoft.PowerShell.Commands.MemberDefinition": [
        ("Name", 0, "left", "Name"),
        ("MemberType", 0, "left", "MemberType"),
        ("Definition", 0, "left", "Definition"),
    ],
    "System.Version": [
        ("Major", 6, "left", "Major"),
        ("Minor", 6, "left", "Minor"),
        ("Build", 6, "left", "Build"),
        ("Revision", 8, "left", "Revision"),
    ],
    "System.Guid": [("Guid", 0, "left", "Guid")],
    "System.Management.Automation.PathInfo": [("Path", 0, "left", "Path")],
    "System.RuntimeType": [
        ("IsPublic", 8, "left", "IsPublic"),
        ("IsSerial", 8, "left", "IsSerial"),
        ("Name", 40, "left", "Name"),
        ("BaseType", 0, "left", "BaseType"),
    ],
    "Microsoft.PowerShell.Commands.FileHashInfo": [
        ("Algorithm", 15, "left", "Algorithm"),
        ("Hash", 70, "left", "Hash"),
        ("Path", 0, "left", "Path"),
    ],
    "System.Management.Automation.PSVariable": [("Name", 30, "left", "Name"), ("Value", 0, "left", "Value")],
    "System.IO.FileSystemInfo": (
        [
            ("Mode", 7, "left", "ModeWithoutHardLink"),
            ("LastWriteTime", 26, "right", lambda item: _written(item, "{0,10:d} {0,8:t}")),
            ("Length", 14, "right", lambda item: "" if item.is_folder else members.member(item, "Length")),
            ("Name", 0, "left", "Name"),
        ]
        if os.name == "nt"
        else [
            ("UnixMode", 10, "left", "UnixMode"),
            ("User", 10, "right", "User"),
            ("Group", 10, "left", "Group"),
            ("LastWriteTime", 16, "right", lambda item: _written(item, "{0:d} {0:HH}:{0:mm}")),
            ("Size", 12, "right", "Size"),
            ("Name", 0, "left", "Name"),
        ]
    ),
}
_GROUPED: dict[str | None, Calculated] = {
    "Microsoft.PowerShell.Commands.MemberDefinition": Calculated("TypeName", "TypeName"),
    "System.IO.FileSystemInfo": Calculated(
        " Directory", lambda item: members.member(item, "PSParentPath").partition("::")[2]
    ),
}
"""The property that a view groups by; that of files has its heading one further in."""
_LIST_VIEWS = {
    "System.TimeSpan": (
        "Days Hours Minutes Seconds Milliseconds Ticks TotalDays TotalHours TotalMinutes TotalSeconds "
        "TotalMilliseconds"
    ).split(),
    "Microsoft.PowerShell.Commands.GroupInfo": "Name Count Group Values".split(),
    "Microsoft.PowerShell.Commands.GroupInfoNoElement": "Name Count Values".split(),
    "System.Collections.DictionaryEntry": ["Name", "Value"],
    "System.Uri": URI_MEMBERS,
}


def _written(file: Any, form: str) -> str:
    """When a file was last written, in a composite format."""
    return composite(form, [members.member(file, "LastWriteTime")])


def _type_names(item: Any) -> list[str]:
    names = list(item._type_names) if isinstance(item, Bag) else []
    type_: Any = type_of(item)
    while type_ is not None:
        names.append(type_.full_name.partition("[")[0])
        type_ = type_.parent
    return names


def kind_of(item: Any) -> Kind | None:
    """How an object is shown; None as a line of text."""
    if isinstance(item, Wrapped):
        item = item.value
    if isinstance(item, uuid.UUID):
        return ("table", "System.Guid")
    if isinstance(item, NetType):
        return ("table", "System.RuntimeType")
    if isinstance(item, (datetime.timedelta,)):
        return ("list", "System.TimeSpan")
    if isinstance(item, Version):
        return ("table", "System.Version")
    if isinstance(item, Uri):
        return ("list", "System.Uri")
    if isinstance(item, (SecureString, ScriptBlock)):
        return None
    if isinstance(item, datetime.datetime):
        return ("date", "System.DateTime")
    if isinstance(item, _PLAIN):
        return None
    if is_dictionary(item):
        return ("entries", None)
    if isinstance(item, DictionaryEntry):
        named = "Dictionary" in item.net_type.name
        return ("table", "System.Collections.DictionaryEntry" if named else None)
    for name in _type_names(item):
        if name in _VIEWS:
            return ("table", name)
        if name in _LIST_VIEWS or name in replies.LISTS:
            return ("list", name)
    if isinstance(item, ExceptionObject):
        return ("exception", "System.Exception")
    if is_list(item):
        return ("elements", None)
    if isinstance(item, Bag) or bag_of(type(item)) is not None or hasattr(item, "script_class"):
        names = property_names(item)
        if not names:
            return ("empty", None)
        return ("table", None) if len(names) <= 4 else ("list", None)
    names = property_names(item)
    if not names:
        return None
    return ("table", None) if len(names) <= 4 else ("list", None)


def lines(kind: Kind, items: list[Any], width: int, state: dict[str, Any], auto: bool = False) -> list[str]:
    """The lines of objects of one kind, without what ends a table; `state` is kept between calls.

    Args:
        auto: whether columns are as wide as they need even where their view says otherwise.
    """
    shape, view = kind
    first = not state
    if shape == "table":
        columns = _columns(view) if view else None
        group = group_of(kind, items[0])
        heading = []
        if group is not None and state.get("group") != group:
            state.clear()
            heading = ["", group]
        made = shapes.table(items, width, columns=columns, state=state, auto=auto, rounds=not view)
        if group is not None:
            state["group"] = group
        return [*heading, *made[:-1]]
    state["shape"] = shape
    items = [item.value if isinstance(item, Wrapped) else item for item in items]
    if shape == "date":
        from psbridge.script.semantics.dateformat import format_date

        return [*([""] if first else []), *(format_date(item, "F") for item in items)]
    if shape == "exception":
        from .errors import exception_lines

        return [line for item in items for line in exception_lines(item)]
    made = shapes.listing(items, width, columns=_labels(view) if view else None)
    return made if first else made[1:]


def group_of(kind: Kind, item: Any) -> str | None:
    """What the heading over an object's table says; None where its view has no headings."""
    column = _GROUPED.get(kind[1])
    return f"   {column.name}: {to_text(value_of(item, column, None))}" if column is not None else None


def grouping_of(item: Any) -> Calculated | None:
    """The property that an object's own table is grouped by."""
    kind = kind_of(item)
    return _GROUPED.get(kind[1]) if kind is not None else None


def waits(kind: Kind, auto: bool) -> bool:
    """Whether a table's rows are gathered before they are shown: where columns are as wide as they need."""
    shape, view = kind
    return shape == "table" and (auto or view is None or not _VIEWS[view][0][1])


def view_of(item: Any, shape: str) -> list[Calculated] | None:
    """The columns that a type's own view has for this shape; None where it has none."""
    kind = kind_of(item)
    if kind is None or kind[1] is None:
        return None
    if shape == "list":
        return _labels(kind[1])
    return _columns(kind[1]) if kind[0] == shape else None


def _labels(view: str) -> list[Calculated] | None:
    if view in replies.LISTS:
        return [Calculated(label, read) for label, read in replies.LISTS[view].items()]
    names = _LIST_VIEWS.get(view)
    return [Calculated(None, name) for name in names] if names else None


def _columns(view: str) -> list[Calculated]:
    made = []
    for heading, width, alignment, name in _VIEWS[view]:
        column = Calculated(heading, name)
        column.width = width or None
        column.alignment = alignment
        made.append(column)
    return made
