"""What a ported script reaches from outside: a refused request as its cmdlet tells it, and its parameters."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, NoReturn

from psbridge.binding import messages


def caught_request(error: Exception) -> Any:
    """The error record of an exception, as `caught` gives it, where a script asked with Invoke-RestMethod.

    If the service refused the request, the record is the one that Invoke-RestMethod makes of its reply.
    """
    from .errors import ScriptError
    from .session import caught

    status = getattr(error, "status", None)
    if isinstance(status, int) and not isinstance(error, ScriptError):
        from psbridge.script.commands.table import find_cmdlet
        from psbridge.script.commands.web import refusal
        from psbridge.script.commands.wire import Answer

        sent: Any = error
        answer = Answer(status, sent.reason, list(dict(sent.headers).items()), sent.body, "")
        sent.script_record = refusal(answer, "POST", find_cmdlet("Invoke-RestMethod"))
    return caught(error)


def script_cmdlet(file: str) -> Any:
    """`$PSCmdlet` of a script, which says what it would do under `--what-if`."""
    from types import SimpleNamespace

    from psbridge.script.interpreter.cmdlet import FunctionCmdlet

    from .session import session

    runtime = session()
    name = f"{PurePath(file).stem}.ps1"
    return FunctionCmdlet(SimpleNamespace(name=name, scope=runtime.scope, rt=runtime))


def parameter_set(given: Mapping[str, Any], sets: Mapping[str, Mapping[str, str]], default: str) -> str:
    """The name of the parameter set that a script's arguments are of; ends the script where that is none.

    Args:
        given: what was given, by the Python names of the parameters.
        sets: each set's own parameters: of a mandatory one its name in PowerShell, of another an empty text.
        default: the set that is taken where several are possible.

    >>> sets = {"Path": {"path": "Path"}, "Text": {"text": "Text"}}
    >>> parameter_set({"text": "x", "quiet": True}, sets, "Path")
    'Text'
    """
    own = {name for members in sets.values() for name in members}
    asked = own & set(given)
    possible = [name for name, members in sets.items() if asked <= set(members)]
    lacking = {
        name: [needed for plain, needed in sets[name].items() if needed and plain not in given]
        for name in possible
    }
    whole = [name for name in possible if not lacking[name]]
    if default in whole or len(whole) == 1:
        return default if default in whole else whole[0]
    short = default if default in possible else possible[0] if len(possible) == 1 else ""
    if short and not whole:
        refuse_missing(lacking[short])
    return refuse(messages.AMBIGUOUS_SET)


def refuse_missing(names: Iterable[str]) -> NoReturn:
    """End a script to which these mandatory parameters are not given."""
    refuse(messages.MISSING_MANDATORY.format("".join(f" {name}" for name in names)))


def refuse(sentence: str) -> NoReturn:
    """End a script whose arguments are refused, with PowerShell's sentence on the error stream."""
    name = f"{PurePath(sys.argv[0]).stem}.ps1"
    sys.stderr.write(f"\x1b[31;1m{name}: \x1b[31;1m{sentence}\x1b[0m\n")
    sys.exit(1)
