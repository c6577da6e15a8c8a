"""What can go wrong with .NET, as psbridge's errors."""

from __future__ import annotations

from ..errors import PSBridgeError


class DotNetError(PSBridgeError):
    """Root of the errors of `psbridge.dotnet`."""

    default_error_id = "PSBridge.DotNet"
    default_category = "NotSpecified"


class RuntimeNotFoundError(DotNetError):
    """There is no .NET runtime, no pythonnet or no PowerShell to load; the message says what to install."""

    default_error_id = "PSBridge.DotNetNotFound"
    default_category = "NotInstalled"


class ConversionError(DotNetError, ValueError):
    """A value that has no equal on the other side; nothing was converted."""

    default_error_id = "PSBridge.DotNetConversion"
    default_category = "InvalidType"
