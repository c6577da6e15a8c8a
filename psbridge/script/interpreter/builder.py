"""Small helpers to write Python syntax trees, and the names that generated code may use."""

from __future__ import annotations

import ast
from typing import Any

PLAIN = (str, int, float, bool, bytes, type(None))


def name(identifier: str) -> ast.Name:
    """A variable read."""
    return ast.Name(identifier, ast.Load())


def store(identifier: str) -> ast.Name:
    """A variable to be set."""
    return ast.Name(identifier, ast.Store())


def const(value: Any) -> ast.Constant:
    """A constant that Python's compiler can hold."""
    return ast.Constant(value)


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """A call of a global function."""
    return ast.Call(name(function), list(arguments), [])


def attribute(value: ast.expr, attr: str) -> ast.Attribute:
    """`value.attr`."""
    return ast.Attribute(value, attr, ast.Load())


def method(value: ast.expr, attr: str, *arguments: ast.expr) -> ast.Call:
    """`value.attr(arguments)`."""
    return ast.Call(attribute(value, attr), list(arguments), [])


def item(value: ast.expr, key: ast.expr) -> ast.Subscript:
    """`value[key]`."""
    return ast.Subscript(value, key, ast.Load())


def put_item(value: ast.expr, key: ast.expr, new: ast.expr) -> ast.stmt:
    """`value[key] = new`."""
    return ast.Assign([ast.Subscript(value, key, ast.Store())], new)


def let(identifier: str, value: ast.expr) -> ast.stmt:
    """`identifier = value`."""
    return ast.Assign([store(identifier)], value)


def do(value: ast.expr) -> ast.stmt:
    """An expression for what it does."""
    return ast.Expr(value)


def listed(items: list[ast.expr]) -> ast.List:
    """`[items]`."""
    return ast.List(items, ast.Load())


def tupled(items: list[ast.expr]) -> ast.Tuple:
    """`(items,)`."""
    return ast.Tuple(items, ast.Load())


def either(test: ast.expr, yes: ast.expr, no: ast.expr) -> ast.IfExp:
    """`yes if test else no`."""
    return ast.IfExp(test, yes, no)


def contains(key: ast.expr, holder: ast.expr) -> ast.Compare:
    """`key in holder`."""
    return ast.Compare(key, [ast.In()], [holder])


def is_same(left: ast.expr, right: ast.expr) -> ast.Compare:
    """`left is right`."""
    return ast.Compare(left, [ast.Is()], [right])


def raises(function: str, *arguments: ast.expr) -> ast.stmt:
    """`raise function(arguments)`."""
    return ast.Raise(call(function, *arguments), None)


def define(identifier: str, parameters: list[str], body: list[ast.stmt]) -> ast.FunctionDef:
    """`def identifier(parameters): body`."""
    arguments = ast.arguments([], [ast.arg(one, None) for one in parameters], None, [], [], None, [])
    made = ast.FunctionDef(identifier, arguments, body or [ast.Pass()], [], None)
    if hasattr(made, "type_params"):
        made.type_params = []
    return made


def guard(
    body: list[ast.stmt],
    handlers: list[ast.ExceptHandler] | None = None,
    final: list[ast.stmt] | None = None,
) -> ast.Try:
    """`try: body except ... finally: ...`."""
    return ast.Try(body or [ast.Pass()], handlers or [], [], final or [])


def handler(kind: ast.expr, identifier: str, body: list[ast.stmt]) -> ast.ExceptHandler:
    """`except kind as identifier: body`."""
    return ast.ExceptHandler(kind, identifier, body or [ast.Pass()])
