"""What can be wrong with an answer that arrived whole: four errors that carry its text.

AnswerError
├── AnswerRefusedError     the model refused
├── AnswerCutOffError      it ended at the token limit
├── AnswerFilteredError    a content filter took it, or part of it
└── AnswerInvalidError     it is not what the schema asks for
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import PSBridgeError
from ..models.problems import InvalidValueError


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


def refusal(place: str, sentence: str) -> InvalidValueError:
    """The error for a value that cannot be used: `place` is a parameter, or a place in it (`Images[1]`)."""
    parameter = re.split(r"[.\[]", place, maxsplit=1)[0]
    return InvalidValueError(f"invalid value for '{place}', {sentence}.", parameter=parameter, path=place)
