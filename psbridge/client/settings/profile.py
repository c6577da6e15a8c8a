"""Named profiles: settings without keys in a JSON file, a user's and the machine's.

    {"work": {"BaseUrl": "https://llm.example.com/v1", "Model": "gpt-4o", "KeyVariable": "WORK_LLM_KEY"}}

Names are the settings' own, as `Set-Configuration` has them, in any case, or Python's. A profile holds no
key: `KeyVariable` names the environment variable that does. Knows nothing of cmdlets.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .secret import is_hidden
from .table import BY_NAME, BY_PARAMETER, SETTINGS, Setting, nearest

if TYPE_CHECKING:
    from pathlib import Path

FILE = "profiles.json"
PLACE = "PSBRIDGE_PROFILES"
"""The environment variable that names another file for the user's."""
KEY_VARIABLE = "KeyVariable"
_SHOWN = 8  # characters of a name that show, where no name is near it


def files(environ: Mapping[str, str] | None = None, windows: bool = sys.platform == "win32") -> list[Path]:
    """Where profiles are looked for, the user's file first.

    The user's is `psbridge/profiles.json` in %APPDATA%, elsewhere in $XDG_CONFIG_HOME or ~/.config; the
    machine's in %ProgramData%, elsewhere in /etc. `PSBRIDGE_PROFILES` names another user's file.
    """
    from pathlib import Path

    environ = os.environ if environ is None else environ
    if windows:
        user = Path(environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
        machine = Path(environ.get("ProgramData") or "C:/ProgramData")
    else:
        user = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        machine = Path("/etc")
    own = environ.get(PLACE)
    return [Path(own) if own else user / "psbridge" / FILE, machine / "psbridge" / FILE]


def profile(name: str, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The settings of a profile, as `Configuration` takes them; the user's file goes before the machine's.

    Raises:
        ConfigurationError: there is none of that name, or it, or a file, cannot be used; the message names
            the file and the place in it.
    """
    known: list[str] = []
    for path in files(environ):
        table = _read(path)
        for own, settings in table.items():
            if own.lower() == name.lower():
                return _settings(settings, f"{path}: {own}", environ)
        known += table
    listed = f" There is {', '.join(sorted(known))}." if known else ""
    looked = " or ".join(str(path) for path in files(environ))
    close = nearest(name, tuple(known))
    # A key may stand where a profile's name belongs: a long text shows only where it is near a name.
    told = f"'{name}'" if close or len(name) <= _SHOWN else f"of that name, which has {len(name)} characters,"
    raise ConfigurationError(f"There is no profile {told} in {looked}.{listed}{close}", parameter="Profile")


def _read(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _refused(str(path), f"it cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _refused(str(path), f"it is not JSON{place}") from None
    if not isinstance(table, dict):
        raise _refused(str(path), "it must be an object of profiles by their names")
    return table


def _settings(given: Any, place: str, environ: Mapping[str, str] | None) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _refused(place, "a profile must be an object of settings")
    settings: dict[str, Any] = {}
    for name, value in given.items():
        if name.lower().replace("_", "") == KEY_VARIABLE.lower():
            settings["access_token"] = _from_variable(place, name, value, environ)
            continue
        setting = BY_NAME.get(name.lower()) or BY_PARAMETER.get(name.lower())
        if setting is None:
            known = tuple(one.parameter for one in SETTINGS if not one.secret)
            raise _refused(place, f"'{name:.80}' is not a setting.{nearest(name, known)}".rstrip("."))
        if holds_secret(setting, value):
            raise _refused(
                place,
                f"'{name}' holds a key or a password, and a profile may not; name the key's environment "
                f"variable in {KEY_VARIABLE}",
            )
        settings[setting.name] = value
    return settings


def holds_secret(setting: Setting, value: Any) -> bool:
    """Whether a value may not stand in a file: the setting is secret, or something in the value looks so."""
    if setting.kind == "certificate" and isinstance(value, list) and len(value) > 2:
        return True  # the third is the passphrase
    return setting.secret or is_hidden(value)


def _from_variable(place: str, name: str, variable: Any, environ: Mapping[str, str] | None) -> Any:
    if not isinstance(variable, str) or not variable.isidentifier():
        raise _refused(place, f"'{name}' must be the name of an environment variable")

    def key() -> str:
        text = (os.environ if environ is None else environ).get(variable)
        if not text:
            raise ConfigurationError(
                f"AccessToken: the environment variable {variable}, which {place} names, is not set.",
                parameter="AccessToken",
            )
        return text

    return key


def _refused(place: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{place}: {why}.", parameter="Profile")
