"""A script's syntax tree to Python code: one Python function for each block of the script.

`compile_script` is the entrance. `statements` and `expressions` have one method a kind of node; what the
generated code calls is in `support`. Python's line numbers are the script's own: errors know where they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any

from psbridge.script import syntax as s

from . import builder as b
from .expressions import Expressions
from .frames import MARK
from .statements import Statements


class Unit:
    """One text being compiled: the constants and blocks its code refers to."""

    def __init__(self, file: str | None, text: str) -> None:
        self.file = file
        self.text = text
        self.constants: dict[str, Any] = {}
        self.blocks: list[Any] = []
        self.defined: list[ast.stmt] = []
        self.counter = 0
        self.typed: set[str] = set()
        self.watches_success = False
        self.reads_foreach = False
        # Whether it leaves loops at all, which may be those of whoever feeds the block that does.
        self.jumps = re.search(r"\b(break|continue)\b", text, re.IGNORECASE) is not None
        self.returning: set[str] = set()  # the methods of its classes that have a result, in lower case
        self.types_made: set[int] = set()  # by identity: the definitions of types that have been run
        self._functions: dict[int, tuple[Any, Callable[[Any], Any]]] = {}

    def constant(self, value: Any) -> ast.expr:
        """A value as an expression."""
        if isinstance(value, b.PLAIN) and type(value) in b.PLAIN:
            return b.const(value)
        identifier = self.unique("K")
        self.constants[identifier] = value
        return b.name(identifier)

    def unique(self, prefix: str) -> str:
        """A name not used before in this unit."""
        self.counter += 1
        return f"{prefix}{self.counter}"

    def function_of(self, node: Any, globals_: dict[str, Any]) -> Callable[[Any], Any]:
        """What gives the value of one of its expressions in a scope; compiled once."""
        known = self._functions.get(id(node))
        if known is None:
            known = self._functions[id(node)] = (node, _expression_function(node, self, globals_))
        return known[1]


class Code:
    """A compiled block: its parameters and up to five functions of (scope, out)."""

    __slots__ = (
        *("begin", "clean", "defaults", "dynamic", "end", "file", "has_blocks", "key", "line", "names_used"),
        *("node", "param", "parameters", "process", "signature", "text", "unit", "usings"),
    )

    def __init__(self, node: s.ScriptBlock, unit: Unit, parameters: Any = None) -> None:
        self.node = node
        self.unit = unit
        self.file = unit.file
        self.line = node.line
        self.param = node.param_block
        self.parameters = parameters
        self.signature: Any = None
        self.defaults: dict[str, Any] = {}
        self.names_used: set[str] = set()
        self.text = ""
        self.key = ""
        self.begin: Any = None
        self.process: Any = None
        self.end: Any = None
        self.clean: Any = None
        self.dynamic: Any = None
        self.has_blocks = False
        self.usings: list[Any] = []


class Compiler(Statements, Expressions):
    """Writes one Python function; a new one for each block, and a nested one for a part that is a value."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.pending: list[ast.stmt] = []
        self.loops: list[str | None] = []
        self.depth = 0
        self.protected = 0
        self.traps: list[s.TrapStatement] = []
        self.uses_return_flow = False

    def statements(self, nodes: Iterable[Any], *, guarded: bool = True) -> list[ast.stmt]:
        """The code of a list of statements."""
        body: list[ast.stmt] = []
        for node in nodes:
            body += self.statement(node, guarded=guarded)
        return body

    def block_body(self, block: Any) -> list[ast.stmt]:
        """The code of a statement block with its traps."""
        outer = self.traps
        traps = list(getattr(block, "traps", ()) or ())
        statements = [node for node in block.statements if not isinstance(node, s.TrapStatement)]
        traps += [
            node for node in block.statements if isinstance(node, s.TrapStatement) and node not in traps
        ]
        self.traps = [*traps, *outer] if traps else outer
        protected = self.protected
        if traps:
            self.protected = 0
        body = self.statements(statements)
        self.traps = outer
        self.protected = protected
        return body

    def nested(self, write: Callable[[], list[ast.stmt]], parameters: list[str] | None = None) -> str:
        """A Python function inside this one; its name. It is defined before the current statement."""
        outer_pending, outer_loops = self.pending, self.loops
        self.pending, self.loops = [], []
        self.depth += 1
        body = write()
        body = [*self.pending, *body]  # what its own expressions need is defined inside it
        self.depth -= 1
        self.pending, self.loops = outer_pending, outer_loops
        identifier = self.unit.unique("f")
        self.pending.append(b.define(identifier, parameters or ["out"], body))
        return identifier

    def new_block(self, node: s.ScriptBlock, parameters: Any = None) -> Code:
        """The code of a script block, compiled when it is first run."""
        code = Code(node, self.unit, parameters)
        code.text = block_text(node, self.unit.text)
        if parameters:  # those of a function that stand before its body
            listed = ", ".join(block_text(one, self.unit.text) for one in parameters)
            code.text = f"param({listed})\n{code.text}"
        if "$input" in code.text.lower():
            code.names_used.add("input")
        self.unit.blocks.append(code)
        return code


def block_text(node: Any, text: str) -> str:
    """The text of a script block without its braces, or of another node."""
    start, end = getattr(node, "start", None), getattr(node, "end", None)
    if start is None or end is None:
        return ""
    piece = text[start:end]
    if piece.startswith("{") and piece.endswith("}"):
        return piece[1:-1]
    return piece


def function_for(compiler: Compiler, block: Any, identifier: str) -> ast.FunctionDef:
    """The Python function of one named block."""
    compiler.pending = []
    compiler.uses_return_flow = False
    body = compiler.block_body(block)
    if compiler.uses_return_flow:
        body = [b.guard(body, [b.handler(b.name("ReturnFlow"), "flow", [ast.Return(None)])])]
    body = [b.let("V", b.attribute(b.name("S"), "vars")), *body]
    made = b.define(identifier, ["S", "out"], body)
    line = max(getattr(block, "line", 1), 1)
    ast.copy_location(made, ast.Pass(lineno=line, col_offset=0, end_lineno=line, end_col_offset=0))
    return made


def _default_function(compiler: Compiler, parameter: Any, identifier: str) -> ast.stmt:
    compiler.pending = []
    value = compiler.expression(parameter.default_value)
    body = [*compiler.pending, ast.Return(value)]
    return b.define(identifier, ["S"], [b.let("V", b.attribute(b.name("S"), "vars")), *body])


def finish(code: Code, globals_: dict[str, Any]) -> None:
    """Compile a block's functions; it is called when the block first runs."""
    unit = code.unit
    node = code.node
    compiler = Compiler(unit)
    functions: list[ast.stmt] = []
    key = unit.unique("b")
    named = (
        ("begin", node.begin_block),
        ("process", node.process_block),
        ("end", node.end_block),
        ("clean", getattr(node, "clean_block", None)),
        ("dynamic", getattr(node, "dynamic_param_block", None)),
    )
    for role, block in named:
        if block is not None:
            functions.append(function_for(compiler, block, f"{key}_{role}"))
    declared = node.param_block.parameters if node.param_block is not None else code.parameters or ()
    defaults = [one for one in declared if one.default_value is not None]
    for number, parameter in enumerate(defaults):
        functions.append(_default_function(compiler, parameter, f"{key}_default{number}"))
    module = ast.Module(functions, [])
    _locate(module, max(node.line, 1))
    where = dict(globals_)
    where.update(unit.constants)
    where["UNIT"] = unit
    filename = f"{MARK}{unit.file or ''}"
    exec(compile(module, filename, "exec"), where)
    for role, block in named:
        setattr(code, role, where[f"{key}_{role}"] if block is not None else None)
    for number, parameter in enumerate(defaults):
        code.defaults[parameter.name.variable_path.lower()] = where[f"{key}_default{number}"]
    code.has_blocks = node.process_block is not None or node.begin_block is not None
    code.key = key


def _locate(module: ast.Module, line: int) -> None:
    """Give every node a place: its own line, or that of the node around it."""
    stack: list[tuple[ast.AST, int]] = [(module, line)]
    while stack:
        node, around = stack.pop()
        own = getattr(node, "lineno", None)
        if own is None:
            own = around
        if isinstance(node, (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword)):
            node.lineno = node.end_lineno = own
            node.col_offset = node.end_col_offset = 0
        stack += [(child, own) for child in ast.iter_child_nodes(node)]


def compile_script(tree: s.ScriptBlock, text: str, file: str | None = None) -> Code:
    """A parsed script, ready to be finished and run."""
    unit = Unit(file, text)
    scan(tree, unit)
    code = Code(tree, unit)
    code.text = text
    code.usings = list(tree.using_statements or ())
    return code


def scan(tree: Any, unit: Unit) -> None:
    """What must be known of a text beforehand: typed variables, whether `$?` and `$foreach` are read."""
    for node in tree.walk():
        if isinstance(node, s.VariableExpression):
            if node.variable_path == "?":
                unit.watches_success = True
            elif node.variable_path.lower() == "foreach":
                unit.reads_foreach = True
        elif isinstance(node, s.FunctionMember):
            given = node.return_type.type_name.full_name.lower() if node.return_type is not None else "void"
            if given not in ("void", "system.void"):
                unit.returning.add(node.name.lower())
        elif isinstance(node, (s.ConvertExpression, s.AttributedExpression)):
            variable = _variable_of(node)
            if variable:
                unit.typed.add(variable)
        elif isinstance(node, s.Parameter) and node.attributes:
            unit.typed.add(node.name.variable_path.lower())


def _variable_of(node: Any) -> str | None:
    child = node.child
    while isinstance(child, (s.ConvertExpression, s.AttributedExpression)):
        child = child.child
    return child.variable_path.lower() if isinstance(child, s.VariableExpression) else None


def _expression_function(node: Any, unit: Unit, globals_: dict[str, Any]) -> Callable[[Any], Any]:
    compiler = Compiler(unit)
    value = compiler.expression(node)
    body = [b.let("V", b.attribute(b.name("S"), "vars")), *compiler.pending, ast.Return(value)]
    module = ast.Module([b.define("run", ["S"], body)], [])
    _locate(module, max(node.line, 1))
    where = {**globals_, **unit.constants, "UNIT": unit}
    exec(compile(module, f"{MARK}{unit.file or ''}", "exec"), where)
    function: Callable[[Any], Any] = where["run"]
    return function
