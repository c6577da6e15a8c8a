"""What binding raises: PowerShell's three binding exceptions, with its ids, categories and messages.

The tree:

    psbridge.errors.PSBridgeError
      ParameterBindingError                 ParameterBindingException
        ParameterBindingValidationError       ParameterBindingValidationException
        ParameterBindingTransformationError   ParameterBindingArgumentTransformationException

`InvalidCast`, `ValidationFailure` and `NotConvertible` stay inside the package: the binder turns each of them
into one of the three above. The messages are the formats that PowerShell 7.6 prints.
"""

from __future__ import annotations

from psbridge.binding import messages
from psbridge.errors import PSBridgeError


class ParameterBindingError(PSBridgeError):
    """An argument could not be bound; `error_id` says why (`NamedParameterNotFound` and so on).

    `exception_type` is the name of PowerShell's exception class. `hint`, or None, is help beyond PowerShell's
    own message, such as the nearest parameter names; tracebacks show it as a note on Python 3.11 and later.
    """

    exception_type = "ParameterBindingException"
    default_error_id = "ParameterBindingError"
    default_category = "InvalidArgument"

    def __init__(
        self,
        message: str,
        *,
        error_id: str | None = None,
        category: str | None = None,
        parameter: str | None = None,
        command: str | None = None,
        target: object = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(
            message,
            error_id=error_id,
            category=category,
            parameter=parameter,
            command=command,
            target=target,
        )
        self.hint = hint
        if hint:
            self.__notes__ = [hint]


class ParameterBindingValidationError(ParameterBindingError):
    """The value has the right type but a Validate attribute, or mandatory-ness, refuses it."""

    exception_type = "ParameterBindingValidationException"
    default_error_id = "ParameterArgumentValidationError"
    default_category = "InvalidData"
    gives_way = False


class ParameterBindingTransformationError(ParameterBindingError):
    """The value cannot become the parameter's type."""

    exception_type = "ParameterBindingArgumentTransformationException"
    default_error_id = "ParameterArgumentTransformationError"
    default_category = "InvalidData"


class AttributeConstructionError(ParameterBindingError):
    """An attribute of a parameter cannot be built, so that no call of its command can be bound."""

    exception_type = "RuntimeException"
    default_error_id = "ExceptionConstructingAttribute"
    default_category = "InvalidOperation"


class InvalidCast(Exception):
    """A conversion failed; the text is PowerShell's `PSInvalidCastException` message."""


class ValidationFailure(Exception):
    """A Validate attribute refused a value; the text is PowerShell's message."""


class NetError(Exception):
    """A .NET call failed inside a conversion; the text is the .NET exception's message.

    `format` tells a FormatException apart: for those PowerShell tries once more through System.Double.
    """

    def __init__(self, message: str, *, format: bool = False) -> None:
        super().__init__(message)
        self.format = format


def with_inner(value: str, type_name: str, inner: str) -> InvalidCast:
    """A conversion failed because a .NET call did: PowerShell quotes that call's message."""
    return InvalidCast(messages.INVALID_CAST_INNER.format(value, type_name, inner))
