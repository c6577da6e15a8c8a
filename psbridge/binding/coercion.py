"""One value to one parameter: conversion, Validate attributes, the null and empty rules of mandatory ones.

`bind_value` is what a named argument goes through; `uncoerced` is the first, stricter attempt that positional
and pipeline binding make before they convert anything.
"""

from __future__ import annotations

from typing import Any, Final, cast

from psbridge.binding import messages, nettypes
from psbridge.binding.conversion import convert, transform
from psbridge.binding.errors import (
    InvalidCast,
    ParameterBindingError,
    ParameterBindingTransformationError,
    ParameterBindingValidationError,
    ValidationFailure,
)
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import adapted, bag_of, elements, is_dictionary, is_list, type_of
from psbridge.binding.parameters import Parameter
from psbridge.binding.scalars import default_of, no_conversion, value_type_name
from psbridge.binding.text import net_text
from psbridge.binding.values import ArrayList, Literal, Switch


class _Refused:
    def __repr__(self) -> str:
        return "REFUSED"


REFUSED: Final = _Refused()
# The parameter types an input object stays wrapped in a PSObject for.
_WRAPPED: Final = frozenset((nettypes.OBJECT, nettypes.PSOBJECT))


def bind_value(parameter: Parameter, value: object, command: str | None = None) -> Any:
    """The value as this parameter takes it.

    Raises:
        ParameterBindingTransformationError: it cannot be converted.
        ParameterBindingValidationError: a Validate attribute, or mandatory-ness, refuses it.
        ParameterBindingError: as transformation, for compiled parameters (`transform=False`).
    """
    if parameter.transform:
        try:
            bound = transform(value, parameter.type)
        except InvalidCast as error:
            raise ParameterBindingTransformationError(
                messages.TRANSFORMATION.format(parameter.name, error),
                parameter=parameter.name,
                command=command,
            ) from error
    else:
        bound = _coerce(parameter, value, command)
    if parameter.validators or parameter.mandatory:
        validate(parameter, bound, command)
    if parameter.common:
        _check_settable(parameter, bound, command)
    return bound


def uncoerced(
    parameter: Parameter, value: object, command: str | None = None, *, wrapped: bool = False
) -> Any:
    """The value if it already is what the parameter takes, else REFUSED.

    Args:
        parameter: the parameter.
        value: the value.
        command: the command's name, for errors.
        wrapped: the value is an input object, which PowerShell wraps in a PSObject.

    Raises:
        ParameterBindingValidationError: a Validate attribute, or mandatory-ness, refuses it.
    """
    value = adapted(value)
    type_ = parameter.type
    if value is None:
        if type_.is_value or type_ is nettypes.STRING:
            return REFUSED
    elif not _is_instance(value, type_, wrapped):
        if type_.is_array:
            value = _uncoerced_list(value, type_)
        elif type_ is nettypes.ARRAYLIST:  # whatever comes becomes an item of it
            value = ArrayList(elements(value) if is_list(value) else [_plain(value)])
        else:
            value = REFUSED
        if value is REFUSED:
            return REFUSED
    bound = _plain(value)
    if parameter.validators or parameter.mandatory:
        validate(parameter, bound, command, wrapped=wrapped and value is bound and type_ in _WRAPPED)
    return bound


def _plain(value: object) -> object:
    return value.value if isinstance(value, Literal) else value


def _is_instance(value: object, type_: NetType, wrapped: bool) -> bool:
    if type_ is nettypes.OBJECT:
        return True
    if type_ is nettypes.PSOBJECT:
        return wrapped or isinstance(value, Literal) or bag_of(type(value)) is not None
    if type_ is nettypes.IDICTIONARY and is_dictionary(value):
        return True
    source = type_of(value)
    return source is type_ or type_.accepts(source) or (type_.is_nullable and source is type_.element)


def _uncoerced_list(value: object, type_: NetType) -> object:
    element = cast(NetType, type_.element)
    items = elements(value) if is_list(value) else [value]
    for item in items:
        fits = item is None or element is nettypes.OBJECT or type_of(item) is element
        if not fits:
            return REFUSED
    if element.is_value and not element.is_nullable:
        # .NET's arrays of values hold no null: it becomes the type's default.
        return [default_of(element) if item is None else item for item in items]
    return items


def validate(
    parameter: Parameter, value: object, command: str | None = None, *, wrapped: bool = False
) -> None:
    """Apply the Validate attributes and, if the parameter is mandatory, the null and empty rules.

    Raises:
        ParameterBindingValidationError: the value is refused.
    """
    wrapped = wrapped or parameter.type is nettypes.PSOBJECT
    for validator in parameter.validators:
        try:
            if wrapped:
                validator.check_wrapped(value)
            else:
                validator.check(value)
        except ValidationFailure as failure:
            error = ParameterBindingValidationError(
                messages.VALIDATION.format(parameter.name, failure),
                parameter=parameter.name,
                command=command,
            )
            error.gives_way = validator.gives_way
            raise error from failure
    if parameter.mandatory:
        _check_mandatory(parameter, parameter.type, value, command, look_inside=True)


def _check_mandatory(
    parameter: Parameter, type_: NetType, value: object, command: str | None, *, look_inside: bool
) -> None:
    if value is None:
        nullable_bool = type_.is_nullable and type_.element is nettypes.BOOLEAN
        if not nullable_bool and not parameter.allow_null:
            raise _refused(parameter, "Null", "null", command)
        return
    if type_ is nettypes.STRING:
        if value == "" and not parameter.allow_empty_string:
            raise _refused(parameter, "EmptyString", "an empty string", command)
        return
    if not look_inside or not type_.is_array:
        return
    items = elements(value)
    element = cast(NetType, type_.element)
    if not element.is_value:
        for item in items:
            _check_mandatory(parameter, element, item, command, look_inside=False)
    if not items and not parameter.allow_empty_collection:
        raise _refused(parameter, "EmptyArray", "an empty array", command)


def _refused(
    parameter: Parameter, kind: str, why: str, command: str | None
) -> ParameterBindingValidationError:
    return ParameterBindingValidationError(
        messages.NOT_ALLOWED.format(parameter.name, why),
        error_id=f"ParameterArgumentValidationError{kind}NotAllowed",
        parameter=parameter.name,
        command=command,
    )


def _coerce(parameter: Parameter, value: object, command: str | None) -> object:
    """How compiled cmdlets' parameters, the common ones among them, convert."""
    value = adapted(value)
    type_ = parameter.type
    if value is None:
        return _null_for(parameter, command)
    plain = _plain(value)
    source = type_of(plain)
    if type_ is nettypes.OBJECT or source is type_:
        return plain
    try:
        if type_ in nettypes.BOOL_KINDS or (type_.is_nullable and type_.element is nettypes.BOOLEAN):
            return _to_boolean(parameter, plain, source, command)
        if is_list(plain) and type_ is not nettypes.PSOBJECT and type_.enum is None and not type_.is_array:
            raise _not_convertible(parameter, net_text(plain), messages.NOT_SUPPORTED, command)
        if type_.is_array and not is_list(plain):
            convert(value, cast(NetType, type_.element))  # a single value is converted as an element
        return convert(value, type_)
    except InvalidCast as error:
        raise ParameterBindingError(
            messages.CANNOT_BIND.format(parameter.name, error),
            error_id="CannotConvertArgumentNoMessage",
            parameter=parameter.name,
            command=command,
        ) from error


def _null_for(parameter: Parameter, command: str | None) -> object:
    type_ = parameter.type
    if type_ is nettypes.BOOLEAN:
        raise ParameterBindingError(
            messages.NOT_ALLOWED.format(parameter.name, "null"),
            error_id="ParameterArgumentValidationErrorNullNotAllowed",
            parameter=parameter.name,
            command=command,
        )
    if type_ is nettypes.SWITCH:
        return Switch(True)
    return None


def _check_settable(parameter: Parameter, value: object, command: str | None) -> None:
    """What the common parameters' properties refuse when the value is set."""
    why = None
    if value is None and parameter.type.is_value:
        why = str(no_conversion(None, parameter.type))
    elif value is nettypes.ActionPreference.Suspend:
        why = messages.SUSPEND
    if why is not None:
        raise ParameterBindingError(
            messages.BINDING_FAILED.format(parameter.name, messages.SETTING.format(parameter.name, why)),
            error_id="ParameterBindingFailed",
            category="WriteError",
            parameter=parameter.name,
            command=command,
        )


def _to_boolean(parameter: Parameter, value: Any, source: NetType, command: str | None) -> object:
    if source in nettypes.NUMERIC or source in nettypes.BOOL_KINDS:
        return Switch(bool(value)) if parameter.type is nettypes.SWITCH else bool(value)
    raise _not_convertible(parameter, value_type_name(value), "", command)


def _not_convertible(
    parameter: Parameter, shown: str, why: str, command: str | None
) -> ParameterBindingError:
    return ParameterBindingError(
        messages.CANNOT_CONVERT_ARGUMENT.format(shown, parameter.type.full_name, parameter.name, why),
        error_id="CannotConvertArgument",
        parameter=parameter.name,
        command=command,
    )


__all__ = ["REFUSED", "bind_value", "uncoerced", "validate"]
