"""What went wrong, as the error of an answer: everything an ErrorRecord needs, secrets masked.

An error psbridge raises goes out whole; anything else is a bug here, goes out as one sentence, and its
traceback goes to standard error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import PSBridgeError
from .messages import CMDLET_ERROR, INTERNAL_ERROR
from .standard import log
from .values import UnsendableError, encoded

_CLIENT_MEMBERS = ("status", "reason", "code", "param", "type", "request_id", "attempts", "elapsed")
_OTHER_MEMBERS = ("retry_after", "partial", "hint", "path", "model")


def failure(
    error: BaseException, command: str | None = None, parameters: Mapping[str, Any] | None = None
) -> tuple[int, str, dict[str, Any]]:
    """Code, message and data for `error`, which came out of `command` called with `parameters`."""
    secrets = tuple(_secrets(parameters or {}))
    command = None if command is None else masked(command[:200])
    if not isinstance(error, PSBridgeError):
        import traceback

        told = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        log(f"psbridge.bridge: unexpected error in {command}\n{masked(told, secrets)}")
        return (
            INTERNAL_ERROR,
            f"{command or 'The worker'} failed in a way it should not ({type(error).__name__}); "
            "the worker's standard error has the details.",
            {"error_id": "PSBridge.InternalError", "category": "NotSpecified", "command": command},
        )
    data: dict[str, Any] = {
        "error_id": error.error_id,
        "category": error.category,
        "parameter": error.parameter,
        "command": error.command or command,
        "exception": getattr(error, "exception_type", type(error).__name__),
    }
    if isinstance(error.target, str):
        data["target"] = masked(error.target, secrets)
    for name in _CLIENT_MEMBERS + _OTHER_MEMBERS:
        value = getattr(error, name, None)
        if value is not None:
            data[name] = masked(value, secrets) if isinstance(value, str) else value
    headers = getattr(error, "headers", None)
    if headers is not None:
        data["headers"] = {name: masked(value, secrets) for name, value in headers.items()}
        data["body"] = masked(getattr(error, "ErrorDetails", ""), secrets)
    return CMDLET_ERROR, masked(error.message, secrets), data


def data_text(data: dict[str, Any]) -> str:
    """Error data as JSON text; without what cannot be sent."""
    try:
        return encoded(data)
    except UnsendableError:
        return encoded({name: value for name, value in data.items() if name != "partial"})


def masked(text: str, secrets: tuple[str, ...] = ()) -> str:
    """`text` without the keys and passwords in force, without `secrets`, without what looks like a key."""
    from ..client.settings.configuration import current_configuration
    from ..client.settings.secret import mask_text

    return mask_text(text, *secrets, *current_configuration().secrets())


def _secrets(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Texts that may not show, by the names they were given under."""
    from ..client.settings.secret import secret_texts

    for name, value in parameters.items():
        yield from secret_texts(value, name)
