"""What can go wrong with a run besides a row's own call; the client's errors stay what they are."""

from __future__ import annotations

from ..errors import PSBridgeError


class RunError(PSBridgeError):
    """Root of the errors of runs."""

    default_error_id = "PSBridge.RunFailed"
    default_category = "InvalidOperation"


class RunUsageError(RunError):
    """A run is asked for that cannot be; nothing was sent."""

    default_error_id = "PSBridge.RunUsage"
    default_category = "InvalidArgument"


class InputError(RunUsageError):
    """A file of rows that cannot be read at all; a single bad row is an error row instead."""

    default_error_id = "PSBridge.RunInput"
    default_category = "InvalidData"


class ChangedItemError(RunUsageError):
    """An id that the ledger or the input knows with another request."""

    default_error_id = "PSBridge.RunItemChanged"
    default_category = "ResourceExists"


class LedgerError(RunError):
    """A ledger that cannot be opened, read or written; what it holds is as it was."""

    default_error_id = "PSBridge.Ledger"
    default_category = "OpenError"


class LedgerMismatchError(LedgerError):
    """A ledger of another account, endpoint, model or program; it was not touched."""

    default_error_id = "PSBridge.LedgerMismatch"
    default_category = "InvalidArgument"
