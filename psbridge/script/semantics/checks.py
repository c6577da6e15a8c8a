"""Validate attributes of a ported script's parameters and variables.

Knows nothing of functions with PowerShell's binding, which check theirs themselves.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from psbridge.binding.validation import ValidateScript

from .session import block, validators_of


def validate_script(test: Any, text: str, *, message: str | None = None) -> ValidateScript:
    """[ValidateScript({ text })], whose block is a Python function; `message` is its ErrorMessage."""
    made: Any = block(test) if isinstance(test, FunctionType) else test
    return ValidateScript(text, made.value, message=message)


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


__all__ = ["obeyed", "validate_script"]
