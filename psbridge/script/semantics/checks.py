"""How the parameters of a ported script are checked: Validate attributes for argparse.

Knows nothing of functions with PowerShell's binding, which check theirs themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from psbridge.binding.errors import InvalidCast, ValidationFailure
from psbridge.binding.validation import ValidateScript
from psbridge.errors import PSBridgeError

from .named import cast
from .session import block, validators_of


def validate_script(test: Any, text: str, *, message: str | None = None) -> ValidateScript:
    """[ValidateScript({ text })], whose block is a Python function; `message` is its ErrorMessage."""
    made: Any = block(test) if isinstance(test, FunctionType) else test
    return ValidateScript(text, made.value, message=message)


def typed(type: str) -> Callable[[str], Any]:
    """How argparse reads a parameter of the script that has a .NET type.

    >>> typed("timespan")("1:30").total_seconds()
    5400.0
    """

    def read(text: str) -> Any:
        from argparse import ArgumentTypeError

        try:
            return cast(text, type)
        except (InvalidCast, PSBridgeError) as error:
            raise ArgumentTypeError(str(error)) from None

    return read


def checked(convert: Callable[[str], Any], *validators: Any, **checks: Any) -> Callable[[str], Any]:
    """How argparse reads a parameter of the script: converted, then as its Validate attributes ask.

    >>> checked(int, ValidateRange=(1, 10))("7")
    7
    """
    validators = (*validators, *validators_of(checks))

    def read(text: str) -> Any:
        value = convert(text)
        validate(value, *validators)
        return value

    return read


def validate(value: Any, *validators: Any, **checks: Any) -> Any:
    """The value, if it is what these Validate attributes ask.

    Raises:
        argparse.ArgumentTypeError: it is not; the sentence is PowerShell's.
    """
    from argparse import ArgumentTypeError

    for validator in (*validators, *validators_of(checks)):
        try:
            validator.check(value)
        except ValidationFailure as failure:
            raise ArgumentTypeError(str(failure)) from None
    return value


def obeyed(name: str, value: Any, *validators: Any, **checks: Any) -> Any:
    """The value, if the variable of this name may hold it.

    Raises:
        psbridge.PSBridgeError: its Validate attributes do not let it through.
    """
    from psbridge.script.interpreter.scope import Rule
    from psbridge.script.interpreter.scope import obeyed as held

    rule = Rule()
    rule.validators = (*validators, *validators_of(checks))
    return held(name, rule, value)


__all__ = ["checked", "obeyed", "typed", "validate", "validate_script"]
