"""What a ported script reaches from outside: a refused request as its cmdlet tells it, and `$PSCmdlet`."""

from __future__ import annotations

from typing import Any


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
    from pathlib import PurePath
    from types import SimpleNamespace

    from psbridge.script.interpreter.cmdlet import FunctionCmdlet

    from .session import session

    runtime = session()
    name = f"{PurePath(file).stem}.ps1"
    return FunctionCmdlet(SimpleNamespace(name=name, scope=runtime.scope, rt=runtime))
