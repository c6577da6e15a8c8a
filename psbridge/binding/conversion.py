"""PowerShell's type conversion (LanguagePrimitives.ConvertTo), for the types parameters have.

Follows System.Management.Automation 7.6: a conversion is looked up by the source's and the target's type, and
what no rule covers fails. `convert` is the entrance; `transform` is the stricter conversion that the
parameters of script functions get. `scalars` has the rules for single values.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any, Final, cast

from psbridge.binding import messages, nettypes, numbers
from psbridge.binding.errors import InvalidCast, with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import adapted, elements, is_list, type_of
from psbridge.binding.scalars import (
    default_of,
    has_rule,
    is_convertible,
    last_resort,
    no_conversion,
    null_refused,
    to_nullable,
    to_scalar,
    value_type_name,
)
from psbridge.binding.text import message_text, to_text
from psbridge.binding.values import Char, Literal, ObjectList, ScriptOutput, Switch

_ANY: Final = frozenset((nettypes.OBJECT, nettypes.PSOBJECT))


def convert(value: object, type_: NetType) -> Any:
    """The value as this .NET type, in its Python form.

    Raises:
        InvalidCast: PowerShell has no such conversion, or it fails.
    """
    if value is None:
        return _from_null(type_)
    if type_ in _ANY:
        return value.value if isinstance(value, Literal) else value
    if type_ is nettypes.STRING:
        return to_text(value)
    plain = value.value if isinstance(value, Literal) else value
    if type_.rule is not None:
        return type_.rule(plain)
    if type_.is_nullable:
        inner = cast(NetType, type_.element)
        if inner is nettypes.BOOLEAN or _has_rule(plain, inner):
            return convert(value, inner)
        raise to_nullable(plain, type_)
    if type_.is_array:
        return _to_array(value, plain, type_)
    if type_ is nettypes.BOOLEAN:
        return is_true(plain)
    source = type_of(plain)
    if source is type_ or type_.accepts(source):
        return plain
    if type_.enum is not None and is_list(plain):
        names = [item if type(item) is str else to_text(convert(item, type_)) for item in elements(plain)]
        from psbridge.binding import parsing

        return parsing.parse_enum(",".join(names), type_)
    return to_scalar(plain, source, type_, to_text(value))


def _from_null(type_: NetType) -> object:
    if type_ is nettypes.STRING:
        return ""
    if type_ in nettypes.NUMERIC:
        return numbers.change_type(0, type_)
    if type_ is nettypes.BOOLEAN:
        return False
    if type_ is nettypes.SWITCH:
        return Switch(False)
    if type_ is nettypes.CHAR:
        return Char("\0")
    if type_.is_nullable or not type_.is_value:
        return None
    if type_ is nettypes.BIGINTEGER:
        from psbridge.binding import rare

        return rare.null_of(type_)
    raise null_refused(type_)


def _has_rule(plain: object, type_: NetType) -> bool:
    if type_ in (nettypes.STRING, nettypes.BOOLEAN) or type_ in _ANY or type_.rule is not None:
        return True
    if type_.is_array:
        return is_list(plain) or _has_rule(plain, cast(NetType, type_.element))
    if type_.enum is not None and is_list(plain):
        return True
    return has_rule(plain, type_)


def _to_array(value: object, plain: object, type_: NetType) -> object:
    element = cast(NetType, type_.element)
    if is_list(plain):
        if isinstance(plain, (bytes, bytearray)) and element is nettypes.BYTE:
            return plain
        try:
            return [convert(item, element) for item in elements(plain)]
        except InvalidCast as error:
            if isinstance(plain, (ObjectList, ScriptOutput)):
                raise with_inner(str(plain), type_.full_name, str(error)) from None
            raise
    if type(plain) is str and element is nettypes.CHAR:
        return [Char(item) for item in plain]
    if not _has_rule(plain, element):
        raise no_conversion(plain, type_)
    try:
        return [convert(value, element)]
    except InvalidCast as error:
        source = type_of(plain)
        length = ord(str(plain)) if source is nettypes.CHAR else getattr(plain, "value", 0)
        if (source is nettypes.CHAR or source.enum is not None) and isinstance(length, int) and length >= 0:
            # They widen to an Int32, which an array's constructor takes for its length.
            return [default_of(element) if element.is_value else None] * length
        if is_convertible(source):
            return last_resort(plain, source, type_)
        raise with_inner(message_text(value), type_.full_name, str(error)) from None


def is_true(value: object) -> bool:
    """PowerShell's truth: 0, '', $null, an empty list and a list of one false element are false."""
    value = value.value if isinstance(value, Literal) else value
    if value is None:
        return False
    if is_list(value):
        items = elements(value)
        if len(items) == 1:
            only = items[0]
            return bool(elements(only)) if is_list(only) else is_true(only)
        return bool(items)
    if isinstance(value, Char):
        return value != "\0"
    if isinstance(value, (bool, int, float, Decimal, str, Switch)) and not isinstance(value, enum.Enum):
        return bool(value)
    if isinstance(value, enum.Enum):
        return bool(value.value)
    return True


def _boolean_refused(value: object, type_: NetType) -> InvalidCast:
    if value is None:
        name = ""
    else:
        name = str(value) if isinstance(value, (ObjectList, ScriptOutput)) else value_type_name(value)
    return InvalidCast(messages.NOT_A_BOOLEAN.format(name, type_.full_name))


def _check_boolean(value: object, type_: NetType) -> None:
    """Boolean and switch parameters of scripts take only Booleans and numbers."""
    if value is None:
        if type_ is nettypes.BOOLEAN:
            raise _boolean_refused(value, type_)
        return
    source = type_of(value)
    numeric = source in nettypes.NUMERIC or (source.enum is not None and issubclass(source.enum, int))
    if not (numeric or source in nettypes.BOOL_KINDS):
        raise _boolean_refused(value, type_)


def _is_boolean(type_: NetType) -> bool:
    return type_ in nettypes.BOOL_KINDS or (type_.is_nullable and type_.element is nettypes.BOOLEAN)


def transform(value: object, type_: NetType) -> Any:
    """The value as a script function's parameter takes it: no list for a string, no string for a bool.

    Raises:
        InvalidCast: as `convert`, and for what only parameters refuse.
    """
    value = adapted(value)
    if type_ is nettypes.STRING:
        if type(value) is str:
            return value
        if is_list(value) and not isinstance(value, (ObjectList, ScriptOutput)):
            raise InvalidCast(messages.NOT_A_STRING)
    if _is_boolean(type_):
        _check_boolean(value, type_)
    elif type_.is_array and _is_boolean(cast(NetType, type_.element)):
        for item in elements(value) if is_list(value) else [value]:
            _check_boolean(item, cast(NetType, type_.element))
    return convert(value, type_)


__all__ = ["convert", "is_true", "transform"]
