"""Runs measured statements: each in a fresh session and folder, its output as the measured lines write it."""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.text import net_text, to_text
from psbridge.errors import PSBridgeError

if TYPE_CHECKING:
    from psbridge.script import Ported

Line = dict[str, Any]


LINUX = {
    *("more-files-051", "more-files-054", "more-a7-005", "more-siblings-x1"),  # paths
    *("l2-strings-methods-0128", "l2-files-0797", "l2-files-0804", "l2-dates-misc-0873"),  # ends of lines
}
"""Lines of which something else comes out on Windows: paths, or how many ends of lines there are."""


def encode(value: Any) -> Line:
    """An object that came out: the name of its type, and its value, with the ends of lines of Linux."""
    made = _encoded(value)
    return {**made, "v": made["v"].replace(os.linesep, "\n")} if isinstance(made.get("v"), str) else made


def _encoded(value: Any) -> Line:
    from psbridge.binding.nettypes import NetType
    from psbridge.script.semantics.types import type_of
    from psbridge.script.semantics.values import Wrapped

    if isinstance(value, Wrapped):
        value = value.value
    if value is None:
        return {"t": "null"}
    if isinstance(value, bool):
        return {"t": "Boolean", "v": value}
    name = (
        type_of(value).full_name.rpartition(".")[2] if type_of(value).is_array else type_of(value).short_name
    )
    if isinstance(value, NetType):
        return {"t": "RuntimeType", "v": value.full_name}
    if is_list(value) or is_dictionary(value) or bag_of(type(value)) is not None:
        return {"t": name, "v": to_text(value) if bag_of(type(value)) else net_text(value)}
    return {"t": name, "v": net_text(value)}


@contextmanager
def fresh_folder() -> Iterator[str]:
    """An empty folder that is the current one meanwhile; the environment is what it was afterwards."""
    from psbridge.script.net.place import Place

    saved, place, environment = Path.cwd(), Place.folder, dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Place.folder = folder
        try:
            yield folder
        finally:
            os.chdir(saved)
            Place.folder = place
            os.environ.clear()
            os.environ.update(environment)


def run_statement(text: str) -> Line:
    """`output` and `errors` of a statement in a session of its own."""
    from psbridge.script.host import StringHost
    from psbridge.script.interpreter.caught import locate, record_of
    from psbridge.script.interpreter.engine import Runtime
    from psbridge.script.semantics.errors import Strictness

    host = StringHost()
    errors: list[Line] = []
    output: list[Any] = []
    host.error_record = lambda record: errors.append(error_line(record))  # type: ignore[method-assign]
    Strictness.level = 0
    with fresh_folder():
        session = Runtime(host)
        try:
            session.run_text(text, output.append)
        except Exception as error:
            record = record_of(error)
            locate(record, error, (1, 1), None)
            errors.append(error_line(record))
        lines = [encode(item) for item in output]
    return {"output": lines, "errors": errors}


def error_line(record: Any) -> Line:
    """An error record as the measured lines write it."""
    return {"id": record.error_id, "category": record.category, "message": record.exception_message}


HOST = "print for the host"
"""The name of what takes the place of `print` where a ported script writes for the reader alone."""


def streams_apart(ported: Ported) -> ast.Module:
    """A ported text in which what it writes for the host goes to `HOST`, which is not its output."""
    tree = ast.parse(ported.text)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "print"]
    host = [node for node in names if (node.lineno, node.col_offset) in ported.host]
    assert len(host) == len(ported.host), ported.text
    for node in host:
        node.id = HOST
    return tree


def port_statement(text: str) -> Line:
    """`output` and `errors` of a statement's Python, in a fresh namespace, session and folder."""
    from psbridge.script import parse, port
    from psbridge.script.host import StringHost
    from psbridge.script.interpreter.engine import parse_failure
    from psbridge.script.semantics import porting, session
    from psbridge.script.semantics.errors import Strictness
    from psbridge.script.semantics.members import enumerate_value

    try:
        ported = port(text)
    except PSBridgeError:  # the script cannot be parsed: PowerShell runs none of it
        failure = parse_failure(parse(text).errors, text, None)
        return {"output": [], "errors": [error_line(failure.record)]}
    if ported.report:
        raise NotImplementedError(f"not ported: {ported.report[0].reason}")
    output: list[Any] = []
    errors: list[Line] = []
    host = StringHost()
    host.error_record = lambda record: errors.append(error_line(record))  # type: ignore[method-assign]
    Strictness.level = 0
    kept = porting.show
    porting.show = lambda value: output.extend(
        value if isinstance(value, Iterator) else enumerate_value(value)
    )
    try:
        with fresh_folder():
            session.start(host)
            names = {
                "__name__": "__main__",
                "__file__": "",
                "print": output.append,
                HOST: lambda *texts, **options: None,
            }
            exec(compile(streams_apart(ported), "ported.py", "exec"), names)
    except SystemExit:
        pass  # the script ends here, by `exit` or by a `break` outside of a loop
    except Exception as error:
        errors.append(error_line(session.caught(error)))
    finally:
        porting.show = kept
    return {"output": [encode(item) for item in output], "errors": errors}
