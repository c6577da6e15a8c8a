"""Where in its script an error arose: the extent that PowerShell marks, and the line as it shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import ErrorRecord

_TOKEN = re.compile(r"Unexpected token '(.*)' in expression or statement\.")
_FAILED = re.compile(
    r"method named '([^']+)'|Exception calling \"([^\"]+)\"|overload for \"([^\"]+)\""
    r"|property '([^']+)' cannot be found|, for \"([^\"]+)\" to type"
)
_COMPOUND = (
    "IfStatement WhileStatement DoWhileStatement DoUntilStatement ForStatement ForEachStatement "
    "SwitchStatement ReturnStatement ExitStatement"
).split()
_MOST = 69  # characters of a line that are shown
_STATEMENTS = (
    "Pipeline AssignmentStatement ThrowStatement ReturnStatement ExitStatement FunctionDefinition "
    "IfStatement SwitchStatement ForEachStatement WhileStatement ForStatement TryStatement"
).split()


@lru_cache(maxsize=8)
def _nodes(text: str) -> tuple[Any, ...]:
    from psbridge.script import parse

    try:
        return tuple(parse(text).walk())
    except (ValueError, RecursionError):
        return ()


def _extent_of(record: ErrorRecord) -> tuple[int, int]:
    """Column and length of what is marked in the error's line."""
    line = record.text.rstrip()
    start = max(record.column, 1)
    token = _TOKEN.match(record.exception_message.rpartition("\n")[2])
    if token and record.exception is not None and record.exception.net_type.name == "ParseException":
        return start, max(len(token[1]), 1)
    if record.length:
        return start, record.length
    nodes = [node for node in _nodes(record.source) if node.line == record.line] if record.source else []
    chosen = _chosen(record, nodes)
    if chosen is None:
        return start, max(len(line) - start + 1, 1)
    end = chosen.end_column if chosen.end_line == chosen.line else len(line) + 1
    return chosen.column, max(min(end, len(line) + 1) - chosen.column, 1)


def column_of(record: ErrorRecord) -> int:
    """The column where what is marked begins; 0 for an error that stands nowhere."""
    return _extent_of(record)[0] if record.line and record.source else record.column


def _chosen(record: ErrorRecord, nodes: list[Any]) -> Any:
    if record.thrown and not record.again and record.where is None:
        return next((node for node in nodes if node.kind == "ThrowStatement"), None)
    commands = [node for node in nodes if node.kind == "Command" and node.command_elements]
    if record.error_id == "CommandNotFoundException":
        wanted = to_text(record.target).lower()
        for node in commands:
            name = node.command_elements[0]
            if str(getattr(name, "value", "")).lower() == wanted:
                return name
    if record.error_id == "VariableIsUndefined":
        wanted = to_text(record.target).lower()
        for node in nodes:
            if node.kind == "VariableExpression" and node.variable_path.lower() == wanted:
                return node
    named = getattr(record.command, "name", None) or record.activity
    if record.where is not None:
        for node in commands:
            if node.column == record.column:
                return _refused(record, node) or node
    if named:
        for node in commands:
            if _is_named(node, str(named).lower()):
                return _refused(record, node) or node
    statements = [node for node in nodes if node.kind in _STATEMENTS]
    here = [node for node in statements if node.column == record.column]
    chosen = min(here or statements, key=_length, default=None)
    return _step(record, chosen, nodes) or chosen


def _length(node: Any) -> int:
    return int(node.end - node.start)


def _step(record: ErrorRecord, statement: Any, nodes: list[Any]) -> Any:
    """The condition of a statement, or what a `return` gives, where that failed."""
    steps = [one for one in _conditions(_nodes(record.source)) if one.line == record.line]
    if not steps:
        return None
    said = _FAILED.search(record.exception_message)
    wanted = next((name for name in said.groups() if name), "").lower() if said else ""
    for node in nodes:
        member = getattr(node, "member", None)
        if wanted and str(getattr(member, "value", "")).lower() == wanted:
            # A part of a larger expression is no step: what stands in brackets, or in a table.
            parts = {id(one.pipeline) for one in nodes if one.kind == "ParenExpression"}
            parts |= {
                id(value) for one in nodes if one.kind == "Hashtable" for _, value in one.key_value_pairs
            }
            parts |= {id(one.right) for one in nodes if one.kind == "AssignmentStatement"}
            plain = [
                one
                for one in nodes
                if one.kind in ("Pipeline", "AssignmentStatement") and id(one) not in parts
            ]
            around = [one for one in (*steps, *plain) if one.start <= node.start and node.end <= one.end]
            return min(around, key=_length, default=None)
    if statement is None or statement.kind not in _COMPOUND:
        return None
    return next((one for one in steps if statement.start <= one.start and one.end <= statement.end), None)


def _conditions(nodes: tuple[Any, ...]) -> Iterator[Any]:
    for node in nodes:
        if node.kind == "IfStatement":
            yield from (condition for condition, _ in node.clauses)
        elif node.kind in ("ReturnStatement", "ExitStatement"):
            yield from (node.pipeline,) if node.pipeline is not None else ()
        elif node.kind == "ForStatement":
            parts = (node.initializer, node.condition, node.iterator)
            yield from (part for part in parts if part is not None)
        elif node.kind in _COMPOUND:
            yield node.condition


def _refused(record: ErrorRecord, command: Any) -> Any:
    """The argument that a command does not take; None where the error is about the call."""
    if record.of_input:
        return None
    error_id = record.error_id.partition(",")[0]
    named = error_id in ("NamedParameterNotFound", "AmbiguousParameter", "MissingArgument")
    if not (
        named or error_id.startswith("ParameterArgument") or error_id == "CannotConvertArgumentNoMessage"
    ):
        return None
    wanted = str(record.exception.extra.get("ParameterName") or "").lower()
    words = list(command.command_elements[1:])
    free = []
    for place, word in enumerate(words):
        if word.kind != "CommandParameter":
            before = words[place - 1] if place else None
            if before is None or before.kind != "CommandParameter" or before.argument is not None:
                free.append(word)
            continue
        if wanted.startswith(word.parameter_name.lower()) or (
            named and word.parameter_name.lower() == wanted
        ):
            if named:
                return word
            return word.argument or (words[place + 1] if place + 1 < len(words) else word)
    for word in free:
        text = str(getattr(word, "value", ""))
        if text and text in record.message:
            return word
    return free[0] if free and not named else None


def _is_named(node: Any, wanted: str) -> bool:
    from psbridge.script.commands.table import ALIASES

    name = str(getattr(node.command_elements[0], "value", "")).lower()
    return name == wanted or str(ALIASES.get(name, "")).lower() == wanted


def marked(record: ErrorRecord) -> tuple[int, str, str]:
    """The column of an error's mark, its line and the mark under it; a long line is cut around the mark."""
    column, length = _extent_of(record)
    line = record.text.rstrip()
    before, error = line[: column - 1], line[column - 1 : column - 1 + length]
    after = line[column - 1 + length :]
    before, error, after = (part.replace("\t", "    ") for part in (before, error, after))
    line, lead, length = before + error + after, len(before), len(error)
    head = tail = ""
    if len(line) > _MOST:
        prefix, suffix = min(lead, 12), min(len(after), 8)
        room = _MOST - (prefix + length + suffix)
        if room <= 0:
            length = min(length, _MOST - prefix)
            tail = " …"
        else:
            shift = min(lead - prefix, room)
            prefix += shift
            suffix += min(len(after), room - shift)
            tail = " …" if suffix < len(after) else ""
        head = "… " if prefix < lead else ""
        begin = max(lead - prefix, 0)
        line = line[begin : begin + _MOST]
        lead = min(lead, prefix)
        length = min(length, _MOST - lead)
    return column, f"{head}{line}{tail}", " " * (lead + len(head)) + "~" * max(length, 1)


def position_message(record: ErrorRecord) -> str:
    """`$_.InvocationInfo.PositionMessage`."""
    if not record.line:
        return ""
    column, shown, mark = marked(record)
    return f"At {record.script or 'line'}:{record.line} char:{column}\n+ {shown}\n+ {mark}"
