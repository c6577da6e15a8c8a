"""What PowerShell bound in a hosted session, as a Python cmdlet takes it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from ..binding import PSCustomObject, ScriptBlock, SecureString
from ..cmdlets.builders import remade
from ..cmdlets.cmdlet import COMMON
from ..cmdlets.table import entry
from ..errors import PSBridgeError
from .answers import connection_with
from .blocks import block_key
from .read import half_in, models_by, read

# An address, or the id of a file that the service has, is no path.
_NO_PATH = re.compile(r"(?:https?|data):|file-[A-Za-z0-9]+\Z", re.IGNORECASE)


def arguments(name: str, bound: Any, caller: Any) -> dict[str, Any]:
    """The arguments of the cmdlet `name` from `$PSBoundParameters`; `caller` is `$PSCmdlet`."""
    parameters = entry(name).parameters
    secure = {one.name for one in parameters if one.dotnet == "SecureString"}
    token = models_by.set(_model)
    try:
        given = {key: value for key, value in read(bound).items() if key not in COMMON}
    except UnicodeDecodeError:
        place = next(
            (f"{key}{way}" for key in bound.Keys for way in half_in(partial(bound.__getitem__, key))), name
        )
        raise PSBridgeError(
            f"Cannot send '{place}': its text has half a surrogate pair, which is no character.",
            error_id="PSBridge.InvalidValue",
        ) from None
    finally:
        models_by.reset(token)
    for key, value in given.items():
        if isinstance(value, SecureString) and key not in secure:
            given[key] = value.reveal()  # a SecureString was given for a text, such as an access token
    for one in parameters:
        if one.name == "AccessToken" and isinstance(given.get(one.name), ScriptBlock):
            given[one.name] = block_key(bound[one.name])
        if one.file and given.get(one.name):
            given[one.name] = _located(given[one.name], caller)
    return given


def _model(name: str, members: dict[str, Any]) -> Any:
    """The model that a builder or a reply was; what a script changed in it is in it."""
    if name == "ChatConnection":
        return connection_with(members.get("Id")) or PSCustomObject(members)
    model = remade(name, members)
    return PSCustomObject(members) if model is None else model


def _located(value: Any, caller: Any) -> Any:
    """A path of the script's, relative to its location, which is not this process's.

    PowerShell makes a FileInfo of a text by the process's folder; its text still says what it was made of.
    """
    if isinstance(value, list):
        return [_located(item, caller) for item in value]
    info = type(value).__name__ == "FileInfo"
    if not info and not isinstance(value, str):
        return value
    text = str(value)
    if _NO_PATH.match(text):
        return text
    path = str(caller.GetUnresolvedProviderPathFromPSPath(text))
    if info and not Path(text).is_absolute() and not Path(path).exists():
        return str(value.FullName)
    return path
