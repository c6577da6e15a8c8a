"""Files to a server and from it: parameters into a form, a reply's content into a file or into bytes.

Knows operations and no cmdlet by name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..client.exchange.sink import FileSink, Sink
from ..client.message.form import FilePart, Form
from ..client.settings.configuration import current_configuration
from ..models.tables import OperationRow, ParameterRow
from .builders import unwrapped
from .progress import progress

Bound = dict[str, Any]


def path_of(item: Any) -> Path | None:
    """The file that an item stands for: a `pathlib.Path`, or .NET's FileInfo; else None."""
    if isinstance(item, os.PathLike):
        return Path(os.fspath(item))
    if type(item).__name__ == "FileInfo" and isinstance(getattr(item, "FullName", None), str):
        return Path(item.FullName)
    return None


def form_of(row: OperationRow, parameters: tuple[ParameterRow, ...], bound: Bound) -> Form:
    """The form of an operation: a part for each member that is bound, in the parameters' order.

    Raises:
        RequestError: the file is not there, or cannot be read.
    """
    files = {one.name for one in parameters if one.dotnet == "FileInfo"}
    fields: dict[str, str] = {}
    parts: dict[str, FilePart] = {}
    for field, name in row.members.items():
        value = bound.get(name)
        if name in files:
            parts[field] = FilePart(path_of(value) or value, bound.get("FileName"))
        elif value is not None:
            fields.update(_fields(field, unwrapped(value, ())))
    return Form(fields, parts, progress())


def _fields(name: str, value: Any) -> dict[str, str]:
    """A value as fields; an object as one for each member, `name[member]`."""
    if hasattr(value, "__ps_properties__"):
        value = value.__ps_properties__()
    if isinstance(value, Mapping):
        return {f"{name}[{key}]": _text(item) for key, item in value.items() if item is not None}
    return {name: _text(value)}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def sink_of(bound: Bound, key: str) -> Sink:
    """Where the content of what `key` names goes: -OutFile, or memory.

    Raises:
        RequestError: it cannot be written there.
    """
    if bound.get("OutFile") is not None:
        return FileSink(bound["OutFile"], key, bool(bound.get("Resume")), progress())
    return Sink(current_configuration().max_response_bytes, progress())
