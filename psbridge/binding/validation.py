"""The Validate attributes: each gets the converted value and raises ValidationFailure to refuse it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any, Final

from psbridge.binding import messages, nettypes
from psbridge.binding.conversion import convert, is_true
from psbridge.binding.errors import AttributeConstructionError, InvalidCast, ValidationFailure
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import elements, is_dictionary, is_list, type_of
from psbridge.binding.ordinal import culture_folded, culture_key
from psbridge.binding.text import net_text


class Validator:
    """A Validate attribute.

    Attributes:
        gives_way: whether a value without a name that it refuses may be another parameter's.
        fast: given a value, True when it surely passes; False says nothing. Used before the full check.
    """

    gives_way = False

    def check(self, value: object) -> None:
        """Return if the value passes.

        Raises:
            ValidationFailure: it does not; the text is PowerShell's message.
        """
        raise NotImplementedError

    def check_wrapped(self, value: object) -> None:
        """As `check`, for a value that PowerShell has wrapped in a PSObject, which hides its type from some.

        Raises:
            ValidationFailure: as for `check`.
        """
        self.check(value)

    def fast(self, value: object) -> bool:
        """Whether the value passes for sure, decided cheaply."""
        return False


class _EachElement(Validator):
    """An attribute that checks a list's elements one by one."""

    null_refused = messages.NULL

    def check(self, value: object) -> None:
        if value is None:
            raise ValidationFailure(messages.EMPTY_COLLECTION)
        for item in elements(value) if is_list(value) else [value]:
            if item is None:
                raise ValidationFailure(self.null_refused)
            self.check_element(item)

    def check_element(self, item: object) -> None:
        raise NotImplementedError


class ValidateSet(_EachElement):
    """One of these strings, in any case unless `ignore_case` is False."""

    def __init__(self, *values: str, ignore_case: bool = True, message: str | None = None) -> None:
        self.values = values
        self.ignore_case = ignore_case
        self.message = message
        self._exact = frozenset(values)
        self._folded = frozenset(map(culture_folded, values))

    def check_element(self, item: object) -> None:
        text = net_text(item)
        if text in self._exact or (self.ignore_case and culture_folded(text) in self._folded):
            return
        allowed = ",".join(self.values)
        if self.message:
            raise ValidationFailure(self.message.format(text, allowed))
        raise ValidationFailure(messages.NOT_IN_SET.format(text, allowed))

    def fast(self, value: object) -> bool:
        return type(value) is str and value in self._exact


def _check_limits(attribute: str, minimum: int, maximum: int) -> None:
    for name, value, least in (("minLength", minimum, 0), ("maxLength", maximum, 1)):
        if value < least:
            raise AttributeConstructionError(
                messages.ATTRIBUTE_FAILED.format(attribute, messages.ARGUMENT_RANGE.format(name, value))
            )


class ValidateLength(_EachElement):
    """A string of at least and at most so many UTF-16 code units."""

    null_refused = messages.NOT_TEXT

    def __init__(self, minimum: int, maximum: int) -> None:
        _check_limits("ValidateLength", minimum, maximum)
        self.minimum = minimum
        self.maximum = maximum

    def check_wrapped(self, value: object) -> None:
        if value is not None and not is_list(value):
            raise ValidationFailure(messages.NOT_TEXT)
        self.check(value)

    def check_element(self, item: object) -> None:
        if not isinstance(item, str) or type_of(item) is not nettypes.STRING:
            raise ValidationFailure(messages.NOT_TEXT)
        length = len(item) + sum(character > "\uffff" for character in item)
        if length < self.minimum:
            raise ValidationFailure(messages.TOO_SHORT.format(length, self.minimum))
        if length > self.maximum:
            raise ValidationFailure(messages.TOO_LONG.format(length, self.maximum))


class ValidateCount(Validator):
    """A list of at least and at most so many elements."""

    def __init__(self, minimum: int, maximum: int) -> None:
        _check_limits("ValidateCount", minimum, maximum)
        self.minimum = minimum
        self.maximum = maximum

    def check_wrapped(self, value: object) -> None:
        if value is not None:
            raise ValidationFailure(messages.NOT_A_LIST)
        self.check(value)

    def check(self, value: object) -> None:
        if value is None:
            count = 0
        elif is_list(value) or is_dictionary(value) or isinstance(value, str):
            count = len(value)  # type: ignore[arg-type]
        else:
            raise ValidationFailure(messages.NOT_A_LIST)
        if self.minimum <= count <= self.maximum:
            return
        if self.minimum == self.maximum:
            raise ValidationFailure(messages.NOT_EXACTLY.format(self.maximum, count))
        raise ValidationFailure(messages.NOT_BETWEEN.format(self.minimum, self.maximum, count))


class ValidatePattern(_EachElement):
    """Text in which this .NET regular expression is found, in any case unless `ignore_case` is False."""

    def __init__(self, pattern: str, *, ignore_case: bool = True, message: str | None = None) -> None:
        self.pattern = pattern
        self.message = message
        from psbridge.binding import regexes

        self._compiled = regexes.compile_net(pattern, re.IGNORECASE if ignore_case else 0)

    def check_element(self, item: object) -> None:
        text = net_text(item)
        if self._compiled.search(text):
            return
        if self.message:
            raise ValidationFailure(self.message.format(text, self.pattern))
        raise ValidationFailure(messages.NO_MATCH.format(text, self.pattern))


class ValidateScript(_EachElement):
    """Text and callable of a test that gets the value as its one argument and must return something true."""

    def __init__(self, text: str, test: Callable[[Any], object], *, message: str | None = None) -> None:
        self.text = text
        self.test = test
        self.message = message

    def check_element(self, item: object) -> None:
        try:
            passed = is_true(self.test(item))
        except Exception as error:  # a script that throws says by itself what is wrong
            raise ValidationFailure(str(error)) from error
        if passed:
            return
        if self.message:
            raise ValidationFailure(self.message.format(net_text(item), self.text))
        raise ValidationFailure(messages.SCRIPT_REFUSED.format(net_text(item), self.text))


class ValidateNotNull(Validator):
    """Neither $null nor a list with a $null in it."""

    def check_wrapped(self, value: object) -> None:
        if value is None:
            raise ValidationFailure(messages.NULL)

    def check(self, value: object) -> None:
        if value is None:
            raise ValidationFailure(messages.NULL)
        if is_list(value) and any(item is None for item in elements(value)):
            raise ValidationFailure(messages.NULL_ELEMENT)


class ValidateNotNullOrEmpty(Validator):
    """Neither $null nor empty, nor a list with such an element."""

    def check_wrapped(self, value: object) -> None:
        if value is None:
            raise ValidationFailure(messages.NULL_OR_EMPTY)

    def check(self, value: object) -> None:
        if value is None:
            raise ValidationFailure(messages.NULL_OR_EMPTY)
        if isinstance(value, str):
            if self._blank(value):
                raise ValidationFailure(self._text_refused())
        elif is_list(value):
            items = elements(value)
            if not items:
                raise ValidationFailure(messages.EMPTY_COLLECTION)
            for item in items:
                if item is None:
                    raise ValidationFailure(messages.EMPTY_COLLECTION)
                if isinstance(item, str) and self._blank(item):
                    raise ValidationFailure(self._element_refused())
        elif is_dictionary(value) and not value:
            raise ValidationFailure(messages.EMPTY_COLLECTION)

    def _blank(self, text: str) -> bool:
        return not text

    def _text_refused(self) -> str:
        return messages.NULL_OR_EMPTY

    def _element_refused(self) -> str:
        return messages.EMPTY_COLLECTION


class ValidateNotNullOrWhiteSpace(ValidateNotNullOrEmpty):
    """As ValidateNotNullOrEmpty, and a string must have more than white space."""

    def _blank(self, text: str) -> bool:
        return not text or text.isspace()

    def _text_refused(self) -> str:
        return messages.WHITE_SPACE

    def _element_refused(self) -> str:
        return messages.WHITE_SPACE_ELEMENT


_KINDS: Final[dict[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "positive": (lambda value, zero: value > zero, "greater than zero"),
    "nonnegative": (lambda value, zero: value >= zero, "greater than or equal to zero"),
    "negative": (lambda value, zero: value < zero, "less than zero"),
    "nonpositive": (lambda value, zero: value <= zero, "less than or equal to zero"),
}


class ValidateRange(_EachElement):
    """A number between two limits, or of a kind: Positive, NonNegative, Negative or NonPositive."""

    def __init__(self, minimum: Any, maximum: Any = None) -> None:
        self.kind: str | None = None
        if isinstance(minimum, str) and maximum is None:
            self.kind = minimum.lower()
            if self.kind not in _KINDS:
                raise ValueError(f"unknown range kind {minimum!r}; known: {', '.join(_KINDS)}")
            return
        common = _common_type(type_of(minimum), type_of(maximum))
        self.type = type_of(minimum) if type_of(minimum) is type_of(maximum) else common
        if self.type is None:
            raise ValueError("the limits of a range must be numbers, or of one type")
        self.minimum = convert(minimum, self.type)
        self.maximum = convert(maximum, self.type)
        if _order(self.minimum) > _order(self.maximum):
            raise ValueError("the maximum of a range is below its minimum")

    def check_element(self, item: object) -> None:
        if self.kind is not None:
            self._check_kind(item, self.kind)
            return
        assert self.type is not None
        try:
            number = convert(item, self.type)
        except InvalidCast:
            raise ValidationFailure(_wrong_type(item, type_of(self.minimum))) from None
        if _order(self.minimum) > _order(number) or number != number:
            raise ValidationFailure(messages.TOO_SMALL.format(net_text(number), net_text(self.minimum)))
        if _order(self.maximum) < _order(number):
            raise ValidationFailure(messages.TOO_LARGE.format(net_text(number), net_text(self.maximum)))

    def _check_kind(self, item: object, kind: str) -> None:
        holds, wanted = _KINDS[kind]
        if isinstance(item, datetime.timedelta):
            number, zero = item, datetime.timedelta(0)
        else:
            common = _common_type(nettypes.INT32, type_of(item))
            if common is None:
                raise ValidationFailure(_wrong_type(item, nettypes.INT32))
            try:
                number, zero = convert(item, common), convert(0, common)
            except InvalidCast:
                raise ValidationFailure(_wrong_type(item, common)) from None
        if not holds(number, zero):
            raise ValidationFailure(messages.WRONG_KIND.format(net_text(number), wanted))


def _order(value: Any) -> Any:
    """What a limit is compared by: texts go by the invariant culture."""
    return culture_key(value) if isinstance(value, str) else value


_TYPE_CODES: Final = {
    name: code
    for code, name in enumerate(
        (
            *("Empty", "Object", "DBNull", "Boolean", "Char", "SByte", "Byte", "Int16", "UInt16", "Int32"),
            *("UInt32", "Int64", "UInt64", "Single", "Double", "Decimal", "DateTime", "", "String"),
        )
    )
}
_SIGNED: Final = frozenset((nettypes.SBYTE, nettypes.INT16, nettypes.INT32, nettypes.INT64))


def _common_type(first: NetType, second: NetType) -> NetType | None:
    """The number type both limits, or a limit and a value, are compared in."""
    code = max(_TYPE_CODES.get(first.name, 1), _TYPE_CODES.get(second.name, 1))
    signed = first in _SIGNED or second in _SIGNED
    if code <= _TYPE_CODES["Int32"]:
        return nettypes.INT32
    if code == _TYPE_CODES["UInt32"]:
        return nettypes.DOUBLE if signed else nettypes.UINT32
    if code == _TYPE_CODES["Int64"]:
        return nettypes.INT64
    if code == _TYPE_CODES["UInt64"]:
        return nettypes.DOUBLE if signed else nettypes.UINT64
    if code == _TYPE_CODES["Decimal"]:
        return nettypes.DECIMAL
    return nettypes.DOUBLE if code in (_TYPE_CODES["Single"], _TYPE_CODES["Double"]) else None


def _wrong_type(item: object, wanted: NetType) -> str:
    return messages.WRONG_TYPE.format(type_of(item).short_name, wanted.short_name)


class ValidateVariableName(Validator):
    """A variable's name, which has no drive other than a scope (OutVariable and its like)."""

    _SCOPES: Final = frozenset(("global", "local", "script", "private", "variable", "using", "workflow"))

    def check(self, value: object) -> None:
        if not isinstance(value, str):
            return
        name = value.removeprefix("+")
        if not name:
            raise ValidationFailure(messages.EMPTY_VARIABLE)
        drive, colon, _ = name.partition(":")
        if colon and drive.lower() not in self._SCOPES:
            raise ValidationFailure(messages.NOT_A_VARIABLE.format(name))


__all__ = [
    "ValidateCount",
    "ValidateLength",
    "ValidateNotNull",
    "ValidateNotNullOrEmpty",
    "ValidateNotNullOrWhiteSpace",
    "ValidatePattern",
    "ValidateRange",
    "ValidateScript",
    "ValidateSet",
    "ValidateVariableName",
    "Validator",
]
