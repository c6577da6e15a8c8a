"""What went wrong, as an interface tells it: everything an ErrorRecord needs, secrets masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import PSBridgeError

_CLIENT_MEMBERS = ("status", "reason", "code", "param", "type", "request_id", "attempts", "elapsed")
_OTHER_MEMBERS = ("retry_after", "partial", "text", "hint", "path", "model")


def told(
    error: PSBridgeError, command: str | None = None, secrets: tuple[str, ...] = ()
) -> tuple[str, dict[str, Any]]:
    """The message, and what else is known: `error_id`, `category`, and of a call its `status`, `headers` and
    `body`.

    Args:
        error: what was raised.
        command: the cmdlet that was called, for an error that does not say.
        secrets: texts that may not show.
    """
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
    return masked(error.message, secrets), data


def masked(text: str, secrets: tuple[str, ...] = ()) -> str:
    """`text` without the keys and passwords in force, without `secrets`, without what looks like a key."""
    from ..client.settings.configuration import current_configuration
    from ..client.settings.secret import mask_text

    return mask_text(text, *secrets, *current_configuration().secrets())


def secrets_of(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Texts that may not show, by the names they were given under."""
    return tuple(_secrets(parameters))


def _secrets(parameters: Mapping[str, Any]) -> Iterator[str]:
    from ..client.settings.secret import secret_texts

    for name, value in parameters.items():
        yield from secret_texts(value, name)
