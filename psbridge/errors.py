"""The one error root: what a PowerShell ErrorRecord carries, as a Python exception.

Every part of psbridge raises subclasses of `PSBridgeError`; this module knows none of them.
"""

from __future__ import annotations


class PSBridgeError(Exception):
    """Root of every error psbridge raises.

    Attributes:
        message: one sentence that names what was wrong and what is allowed; also `str(error)`.
        error_id: PowerShell's stable identifier, such as `AmbiguousParameter`.
        category: PowerShell's ErrorCategory name, such as `InvalidArgument`.
        parameter: the parameter concerned, in its PowerShell name, or None.
        command: the cmdlet that was called, or None.
        target: the object the error is about (an input object, a request), or None.
    """

    default_error_id = "PSBridgeError"
    default_category = "NotSpecified"

    def __init__(
        self,
        message: str,
        *,
        error_id: str | None = None,
        category: str | None = None,
        parameter: str | None = None,
        command: str | None = None,
        target: object = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_id = error_id or self.default_error_id
        self.category = category or self.default_category
        self.parameter = parameter
        self.command = command
        self.target = target

    @property
    def fully_qualified_error_id(self) -> str:
        """`error_id,command`, as PowerShell's FullyQualifiedErrorId; the id alone outside a cmdlet."""
        return f"{self.error_id},{self.command}" if self.command else self.error_id
