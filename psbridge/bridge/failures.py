"""What went wrong, as the error of an answer.

An error psbridge raises goes out whole; anything else is a bug here, goes out as one sentence, and its
traceback goes to standard error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cmdlets.failures import masked, secrets_of, told
from ..errors import PSBridgeError
from .messages import CMDLET_ERROR, INTERNAL_ERROR
from .standard import log
from .values import UnsendableError, encoded


def failure(
    error: BaseException, command: str | None = None, parameters: Mapping[str, Any] | None = None
) -> tuple[int, str, dict[str, Any]]:
    """Code, message and data for `error`, which came out of `command` called with `parameters`."""
    secrets = secrets_of(parameters or {})
    command = None if command is None else masked(command[:200])
    if not isinstance(error, PSBridgeError):
        import traceback

        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        log(f"psbridge.bridge: unexpected error in {command}\n{masked(trace, secrets)}")
        return (
            INTERNAL_ERROR,
            f"{command or 'The worker'} failed in a way it should not ({type(error).__name__}); "
            "the worker's standard error has the details.",
            {"error_id": "PSBridge.InternalError", "category": "NotSpecified", "command": command},
        )
    message, data = told(error, command, secrets)
    return CMDLET_ERROR, message, data


def data_text(data: dict[str, Any]) -> str:
    """Error data as JSON text; without what cannot be sent."""
    try:
        return encoded(data)
    except UnsendableError:
        return encoded({name: value for name, value in data.items() if name != "partial"})
