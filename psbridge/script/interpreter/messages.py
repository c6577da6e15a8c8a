"""Records of the warning, verbose, debug and information streams."""

from __future__ import annotations

import datetime
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.semantics.members import register_object
from psbridge.script.semantics.types import RECORD_TYPES


def streamed(number: int, value: Any) -> Any:
    """A stream's record of a text."""
    if number in (3, 4, 5) and not isinstance(value, MessageRecord):
        return MessageRecord(number, to_text(value))
    if number == 6 and not isinstance(value, MessageRecord):
        return MessageRecord(6, value)
    return value


class HostMessage:
    """System.Management.Automation.HostInformationMessage: what Write-Host wrote."""

    net_type = NetType("HostInformationMessage", "System.Management.Automation.HostInformationMessage")

    def __init__(self, text: str, newline: bool, foreground: Any, background: Any) -> None:
        self.members = {
            "message": text,
            "nonewline": not newline,
            "foregroundcolor": foreground,
            "backgroundcolor": background,
        }

    def __str__(self) -> str:
        return str(self.members["message"])


register_object(
    HostMessage, lambda one, name: (True, one.members[name]) if name in one.members else (False, None)
)


class MessageRecord:
    """A WarningRecord, VerboseRecord, DebugRecord or InformationRecord."""

    def __init__(self, stream: int, data: Any, *, host: bool = False, newline: bool = True) -> None:
        self.stream = stream
        self.data = data
        self.host = host
        self.newline = newline
        self.tags: list[str] = []
        self.time = datetime.datetime.now().astimezone()
        self.source = "Write-Host" if host else "Write-Information"

    @property
    def net_type(self) -> NetType:
        return RECORD_TYPES[self.stream]

    def __str__(self) -> str:
        return to_text(self.data)


PREFERENCE_NAMES = {
    3: "WarningPreference",
    4: "VerbosePreference",
    5: "DebugPreference",
    6: "InformationPreference",
}


def _read_record(record: MessageRecord, name: str) -> tuple[bool, Any]:
    if record.stream != 6:
        return (True, str(record)) if name == "message" else (False, None)
    if name == "messagedata":
        return True, record.data
    if name == "tags":
        return True, record.tags
    if name == "source":
        return True, record.source
    if name in ("user", "computer"):
        return True, ""
    if name == "timegenerated":
        return True, record.time
    return False, None


register_object(MessageRecord, _read_record)
