"""Variables and functions in nested scopes, found dynamically as PowerShell does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psbridge.binding.errors import InvalidCast, ValidationFailure
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.semantics.casts import cast_failure, cast_value
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject, ScriptError, runtime_error
from psbridge.script.semantics.values import Wrapped

if TYPE_CHECKING:
    from .engine import Runtime


class Rule:
    """What a variable asks of its values: a type, validation, or that it is not set at all."""

    __slots__ = ("constant", "read_only", "type", "validators")

    def __init__(self, type_: NetType | None = None) -> None:
        self.type = type_
        self.validators: tuple[Any, ...] = ()
        self.read_only = False
        self.constant = False


class Scope:
    """One scope: a block's variables, and where those not found here are looked for."""

    __slots__ = (
        "aliases",
        "call",
        "functions",
        "kind",
        "nothing",
        "parent",
        "private",
        "rt",
        "rules",
        "vars",
    )

    def __init__(self, rt: Runtime, parent: Scope | None, kind: str = "local") -> None:
        self.rt = rt
        self.parent = parent
        self.kind = kind
        self.vars: dict[str, Any] = {}
        self.rules: dict[str, Rule] | None = None
        self.functions: dict[str, Any] | None = None
        self.aliases: dict[str, str] | None = None
        self.nothing: set[str] = set()
        self.private: set[str] | None = None
        self.call: Any = None

    def find(self, name: str) -> Scope | None:
        """The nearest scope that has this variable."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.vars:
                return scope
            scope = scope.parent
        return None

    def script_scope(self) -> Scope:
        """The scope that `$script:` names."""
        scope = self
        while scope.kind not in ("script", "global") and scope.parent is not None:
            scope = scope.parent
        return scope

    def named(self, scope_name: str) -> Scope:
        """The scope of `global`, `script`, `local`, or a number of steps up."""
        folded = scope_name.lower()
        if folded == "global":
            return self.rt.globals
        if folded == "script":
            return self.script_scope()
        if folded.isdigit():
            scope = self
            for _ in range(int(folded)):
                if scope.parent is not None:
                    scope = scope.parent
            return scope
        return self

    def set(self, name: str, value: Any) -> None:
        """Set a variable of this scope, under the rules it has."""
        rule = self.rules.get(name) if self.rules else None
        if rule is not None:
            value = obeyed(name, rule, value, self)
        self.vars[name] = value

    def add_rule(self, name: str, rule: Rule) -> None:
        """Ask this of a variable from now on."""
        if self.rules is None:
            self.rules = {}
        self.rules[name] = rule


def obeyed(name: str, rule: Rule, value: Any, scope: Scope | None = None, *, fresh: bool = False) -> Any:
    """The value as a variable of this rule takes it.

    Args:
        scope: where the variable is; a script's own ones fail in another way than a function's.
        fresh: whether the rule is only now given to it.

    Raises:
        ScriptError: it does not take it.
    """
    if rule.constant or rule.read_only:
        raise runtime_error(
            f"Cannot overwrite variable {name} because it is read-only or constant.",
            "VariableNotWritable",
            category="WriteError",
            target=name,
            kind="SessionStateUnauthorizedAccessException",
        )
    if rule.type is not None:
        try:
            value = cast_value(value, rule.type)
        except InvalidCast as error:
            raise _refused(value, rule.type, str(error), scope) from None
    for validator in rule.validators:
        try:
            validator.check(value)
        except ValidationFailure as failure:
            message = (
                f"The variable cannot be validated because the value {to_text(value)} is not a "
                f"valid value for the "
                f"{name} variable."
            )
            if fresh:
                message = (
                    f"The attribute cannot be added because variable {name} with value {to_text(value)} "
                    "would no longer be valid."
                )
            raise ScriptError(
                ErrorRecord(
                    ExceptionObject("ValidationMetadataException", message),
                    "ValidateSetFailure",
                    "MetadataError",
                )
            ) from failure
    return value


def _refused(value: Any, type_: NetType, why: str, scope: Scope | None) -> ScriptError:
    error = cast_failure(value.value if isinstance(value, Wrapped) else value, type_, why)
    if scope is None or scope.kind not in ("global", "script") or scope.rt.script_file is None:
        return error
    if error.error_id.startswith("InvalidCastFrom"):
        error.record.error_id = "RuntimeException"
    error.record.reason = "ArgumentTransformationMetadataException"
    error.record.category = "MetadataError"
    error.record.exception = ExceptionObject("ArgumentTransformationMetadataException", why)
    return error


def read(scope: Scope, name: str) -> Any:
    """A variable that is not one of the scope's own: None when there is none."""
    step = scope.parent
    while step is not None:
        variables = step.vars
        if name in variables and (step.private is None or name not in step.private):
            return variables[name]
        step = step.parent
    return scope.rt.missing_variable(scope, name)


def assign(scope: Scope, name: str, value: Any) -> Any:
    """`$name = value` where the name may have rules."""
    rules = scope.rules
    if rules is not None and name in rules:
        value = obeyed(name, rules[name], value, scope)
    else:
        guarded = scope.rt.guarded
        if name in guarded:
            value = scope.rt.assign_guarded(scope, name, value)
    scope.vars[name] = value
    return value


def read_qualified(scope: Scope, where: str, name: str) -> Any:
    """`$global:x`, `$script:x`, `$env:x`, `$function:x`, `$variable:x`."""
    if where in ("global", "script", "local", "private"):
        chosen = scope.named("local" if where == "private" else where)
        if name in chosen.vars:
            return chosen.vars[name]
        return None if where != "script" else scope.rt.globals.vars.get(name)
    return scope.rt.drive_value(scope, where, name)


def assign_qualified(scope: Scope, where: str, name: str, value: Any) -> Any:
    """Setting the same."""
    if where in ("global", "script", "local", "private"):
        chosen = scope.named("local" if where == "private" else where)
        if where == "private":
            chosen.private = {*(chosen.private or ()), name.lower()}
        return assign(chosen, name.lower(), value)
    scope.rt.set_drive_value(scope, where, name, value)
    return value
