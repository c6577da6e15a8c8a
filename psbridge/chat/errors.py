"""What can be wrong with an answer that arrived whole: four errors that carry its text.

AnswerError
├── AnswerRefusedError     the model refused
├── AnswerCutOffError      it ended at the token limit
├── AnswerFilteredError    a content filter took it, or part of it
└── AnswerInvalidError     it is not what the schema asks for
"""

from __future__ import annotations

from typing import Any

from ..errors import PSBridgeError


class AnswerError(PSBridgeError):
    """Root of the four.

    Attributes:
        text: the answer as it came (of a refusal, the refusal); may be empty.
        reply: the whole reply.
    """

    default_error_id = "PSBridge.Answer"
    default_category = "InvalidResult"

    def __init__(self, message: str, *, text: str = "", reply: Any = None, target: object = None) -> None:
        super().__init__(message, target=target)
        self.text = text
        self.reply = reply


class AnswerRefusedError(AnswerError):
    """The model refused to answer."""

    default_error_id = "PSBridge.AnswerRefused"
    default_category = "PermissionDenied"


class AnswerCutOffError(AnswerError):
    """The answer ended at the token limit."""

    default_error_id = "PSBridge.AnswerCutOff"
    default_category = "LimitsExceeded"


class AnswerFilteredError(AnswerError):
    """A content filter took the answer, or a part of it."""

    default_error_id = "PSBridge.AnswerFiltered"
    default_category = "PermissionDenied"


class AnswerInvalidError(AnswerError):
    """The answer is not what the schema asks for."""

    default_error_id = "PSBridge.AnswerInvalid"
    default_category = "InvalidData"
