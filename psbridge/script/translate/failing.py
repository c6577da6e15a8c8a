"""Statements of literals alone that fail whenever they run: PowerShell reports the error and goes on.

A statement whose values are known only when it runs is written as it is, and its error ends the Python. One
that can do nothing but fail was written for what comes after it. Knows the syntax tree and the helpers that
ported texts call.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from .. import syntax as s

_OPERATORS = frozenset(
    "Plus Minus Divide Rem Band Bor Bxor And Or Xor Join Is IsNot As Ieq Ine Igt Ige Ilt Ile Ceq Cne Cgt Cge "
    "Clt Cle Icontains Inotcontains Iin Inotin".split()
)
_UNARY = ("Minus", "Plus", "Not", "Exclaim", "Bnot", "Comma")
_TYPES = frozenset(
    "int int32 long int64 uint32 uint64 uint int16 uint16 short ushort byte sbyte double float single "
    "decimal bigint bool boolean char string datetime datetimeoffset dateonly timeonly timespan guid "
    "version switch math convert array object ipaddress uri hashtable ordered pscustomobject psobject "
    "consolecolor dayofweek ref mailaddress net.mail.mailaddress midpointrounding".split()
)
"""Types whose conversions and static methods touch nothing outside of themselves."""
_LENGTHS = frozenset({"padleft", "padright", "new", "create", "createinstance", "pow"})
"""Methods that make things as large as a number says."""
_ERRORS = re.compile(r"ea$|ev$|err", re.IGNORECASE)
_COMMANDS = frozenset(
    "convertfrom-json convertto-json convertfrom-csv convertto-csv convertfrom-stringdata select-object "
    "sort-object measure-object group-object join-string convertto-securestring".split()
)
"""Commands that read their arguments and input, and nothing else."""


class Literals:
    """Says of a statement or expression whether it is made of literals, and does nothing but compute a value.

    Args:
        constants: the variables that hold a literal.
    """

    def __init__(self, constants: Container[str] = ()) -> None:
        self.constants = constants

    def __call__(self, node: Any) -> bool:
        """Whether this one is."""
        match node:
            case None | s.ConstantExpression() | s.StringConstantExpression():
                return True
            case s.VariableExpression():
                path = node.variable_path.lower()
                return (path in ("null", "true", "false") or path in self.constants) and not node.splatted
            case s.Pipeline():
                return not node.background and all(map(self, node.pipeline_elements))
            case s.CommandExpression():
                return not node.redirections and self(node.expression)
            case s.Command():
                return self._is_plain_command(node)
            case s.ParenExpression():
                return self(node.pipeline)
            case s.ArrayLiteral():
                return all(map(self, node.elements))
            case s.UnaryExpression():
                return node.token_kind in _UNARY and self(node.child)
            case s.BinaryExpression(operator="Multiply"):
                few = isinstance(node.right, s.ConstantExpression) and node.right.value in range(100)
                return (
                    (few or isinstance(node.right, s.ArrayLiteral)) and self(node.left) and self(node.right)
                )
            case s.BinaryExpression():
                return node.operator in _OPERATORS and self(node.left) and self(node.right)
            case s.Hashtable():
                return all(self(key) and self(value) for key, value in node.key_value_pairs)
            case s.ConvertExpression():
                return _is_known(node.type.type_name) and self(node.child)
            case s.TypeExpression():
                return _is_known(node.type_name)
            case s.IndexExpression():
                return self(node.target) and self(node.index)
            case s.InvokeMemberExpression():
                name = str(getattr(node.member, "value", "new")).lower()
                parts = (node.expression, *(node.arguments or []))
                return name not in _LENGTHS and all(map(self, parts))
            case s.MemberExpression():
                plain = isinstance(node.member, s.StringConstantExpression) and self(node.expression)
                return plain and not (node.static and node.member.value.lower() in ("now", "utcnow", "today"))
        return False

    def _is_plain_command(self, node: s.Command) -> bool:
        from .nodes import command_of_alias

        first, *rest = node.command_elements
        if node.redirections or not isinstance(first, s.StringConstantExpression):
            return False
        if command_of_alias(first.value.lower()) not in _COMMANDS or node.invocation_operator == "Dot":
            return False
        if any(isinstance(one, s.CommandParameter) and _ERRORS.match(one.parameter_name) for one in rest):
            return False  # which says what becomes of its errors
        return all(self(one.argument) if isinstance(one, s.CommandParameter) else self(one) for one in rest)


def _is_known(type_name: Any) -> bool:
    return str(type_name.full_name).lower().removeprefix("system.").removesuffix("[]") in _TYPES


def fails(text: str, constants: Mapping[str, str]) -> bool:
    """Whether a Python expression that a literal became raises what PowerShell reports as an error.

    `constants` are the variables in it, by their Python names, and what each was set to.
    """
    import psbridge
    from psbridge.binding.errors import InvalidCast
    from psbridge.script.host import StringHost

    from ..semantics import porting, session
    from ..semantics.errors import NetFault

    with session.apart(StringHost()):
        try:
            names: dict[str, Any] = {"posh": porting, "ps": psbridge, "re": re}
            values = {name: eval(value, names) for name, value in constants.items()}
            eval(text, {**names, **values})
        except (psbridge.PSBridgeError, NetFault, InvalidCast, ArithmeticError):
            return True
        except Exception:  # something else of the text's: not for this rule to judge
            return False
    return False


__all__ = ["Literals", "fails"]
