"""Runs measured PowerShell calls against psbridge and says how many come out the same.

    python tests/conformance.py binding FILE [--functions FUNCTIONS]
    python tests/conformance.py language FILE [--as run|port]
    python tests/conformance.py scripts FILE [--as run|port]

FILE has one JSON object per line. For `binding`, in the format of `tests/data/parameter-binding.jsonl`,
`args`, `splat` and `pipeline` are the call, `bound` and `errors` what PowerShell made of it; FUNCTIONS has
the functions the calls use, as `tests/data/parameter-binding-functions.json` does, and without it those in
`tests/data` are used. For `language`, `script` is a statement, `output` and `errors` what came of it. For
`scripts` a line is a whole script with files, arguments and faults, and what it printed, wrote and sent. The
last line printed is `passed N of M`; the exit code is 0 only if all passed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

# Run as a script from a checkout, the package may not be installed.
sys.path.append(str(Path(__file__).parents[1]))

from binding.paramblock import command_from, script
from binding.spelling import tokens

from psbridge.binding import (
    Argument,
    Command,
    ObjectList,
    OrderedDictionary,
    Parameter,
    ParameterBindingError,
    PSCustomObject,
    ScriptBlock,
    SecureString,
    Switch,
    bag_of,
    convert,
    net_text,
    net_type,
    type_of,
)
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_list
from psbridge.binding.parameters import COMMON, SHOULD_PROCESS
from psbridge.binding.values import ArrayList, ScriptOutput

DATA = Path(__file__).parent / "data"
Line = dict[str, Any]


@cache
def commands() -> dict[str, Command | Exception]:
    """Every command the measured calls use, by name, or why it cannot be built."""
    found: dict[str, Command | Exception] = {}
    for file in sorted(DATA.glob("parameter-binding*functions.json")):
        found.update(commands_of(file))
    reference = json.loads((DATA / "reference-cmdlets.json").read_text(encoding="utf-8"))
    for cmdlet in reference["cmdlets"]:
        found[cmdlet["name"]] = Command(
            cmdlet["name"], [_parameter(parameter) for parameter in cmdlet["parameters"]]
        )
    return found


def commands_of(file: Path) -> dict[str, Command | Exception]:
    """The commands that a file of functions describes, by name, or why one cannot be built."""
    found: dict[str, Command | Exception] = {}
    for name, function in json.loads(file.read_text(encoding="utf-8")).items():
        try:
            found[name] = command_from(name, function["paramBlock"], function["cmdletBinding"])
        except (ParameterBindingError, ValueError, LookupError) as error:
            found[name] = error  # raised by the calls of this function, and by no other
    return found


def _parameter(described: Mapping[str, Any]) -> Parameter:
    return Parameter(
        described["name"],
        described["type"],
        position=described.get("position"),
        mandatory=described.get("mandatory", False),
        from_pipeline=described.get("fromPipeline", False),
        from_pipeline_by_property_name=described.get("fromPipelineByPropertyName", False),
        validate_set=described.get("validateSet"),
    )


def decode(value: Any) -> Any:
    """A neutral JSON value as the Python value the binder takes."""
    if isinstance(value, list):
        # `@(...)` enumerates the one list inside it.
        if len(value) == 1 and isinstance(value[0], list):
            return decode(value[0])
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        if isinstance(value, int) and not isinstance(value, bool) and not -(1 << 63) <= value < 1 << 63:
            return Decimal(value)
        return value
    if "$object" in value:
        return PSCustomObject({key: decode(item) for key, item in value["$object"].items()})
    if "$ordered" in value:
        return OrderedDictionary({key: decode(item) for key, item in value["$ordered"].items()})
    if "$cast" in value:
        return _cast(value["$cast"], decode(value["value"]))
    if "$scriptblock" in value:
        return ScriptBlock(f" {value['$scriptblock']} ", script(value["$scriptblock"]))
    if "$secure" in value:
        return SecureString(value["$secure"])
    return {_key(key): decode(item) for key, item in value.items()}


def _key(key: str) -> object:
    return int(key) if re.fullmatch(r"-?[0-9]+", key) else key


def _cast(type_name: str, value: Any) -> Any:
    if type_name.lower() == "datetimeoffset":
        return datetime.datetime.fromisoformat(value)
    return convert(value, net_type(type_name))


def encode(value: Any, declared: NetType | None = None) -> Line:
    """A bound value as the measured lines write it: its type's name and its value."""
    if value is None:
        return {"t": "null"}
    if isinstance(value, ObjectList) and not (declared is not None and declared.is_array):
        return {"t": "List`1", "v": str(value)}
    if isinstance(value, ScriptOutput) and not (declared is not None and declared.is_array):
        return {"t": "Collection`1", "v": str(value)}
    if isinstance(value, ArrayList):
        return {"t": "Collections.ArrayList", "v": [encode(item) for item in value]}
    if is_list(value):
        element = declared.element if declared is not None and declared.is_array else None
        name = "Object" if element is None else element.full_name.removeprefix("System.")
        return {"t": f"{name}[]", "v": [encode(item, element) for item in value]}
    if isinstance(value, (OrderedDictionary, dict)):
        kind = "OrderedDictionary" if isinstance(value, OrderedDictionary) else "Hashtable"
        return {"t": kind, "v": {net_text(key): encode(item) for key, item in value.items()}}
    bag = bag_of(type(value))
    if bag is not None:
        return {"t": "PSCustomObject", "v": {key: encode(item) for key, item in bag(value).items()}}
    return {"t": _type_name(value), "v": _encode_scalar(value)}


def _type_name(value: Any) -> str:
    if isinstance(value, Switch):
        return "Switch"
    return type_of(value).short_name


def _encode_scalar(value: Any) -> object:
    if isinstance(value, (bool, Switch)):
        return bool(value)
    if isinstance(value, SecureString):
        return value.reveal()
    if isinstance(value, datetime.datetime) and type_of(value).name == "DateTime":
        text = value.replace(tzinfo=None).isoformat(timespec="microseconds") + str(getattr(value, "rest", 0))
        zone = value.strftime("%z")
        return f"{text}{zone[:3]}:{zone[3:]}" if zone else text
    return net_text(value)


def run_binding(line: Line) -> Line:
    """What psbridge makes of one measured call: `bound` and `errors`, as the line has them."""
    command = commands()[line["command"]]
    if isinstance(command, ParameterBindingError):
        return {"bound": [], "errors": [_error(command)]}
    if isinstance(command, Exception):
        raise command
    declared = {item.name: item.type for item in (*command.parameters, *COMMON, *SHOULD_PROCESS)}
    arguments = [
        (item.get("name"), "value" in item, item.get("colon", False), decode(item.get("value")))
        for item in line["args"]
    ]
    call = tokens(arguments, line["script"], line["command"])
    splat = decode(line["splat"]) if "splat" in line else None
    if "splat" in line and splat is None:  # one argument, which is null
        call.append(Argument(value=None))
    bound: list[Line] = []
    errors: list[Line] = []
    try:
        if "pipeline" in line:
            for result in command.pipe(call, _input(line["pipeline"]), splat=splat):
                if isinstance(result, ParameterBindingError):
                    errors.append(_error(result))
                else:
                    bound.append(_bound(result.ps_bound_parameters, declared))
        else:
            bound.append(_bound(command.bind(call, splat=splat).bound, declared))
    except ParameterBindingError as error:
        errors.append(_error(error))
    return {"bound": bound, "errors": errors}


def _input(pipeline: list[Any]) -> Iterator[object]:
    """The objects a pipeline sends: a single list is enumerated, as PowerShell does."""
    objects = decode(pipeline)
    return iter(objects[0] if len(objects) == 1 and isinstance(objects[0], list) else objects)


def _bound(bound: Mapping[str, Any], declared: Mapping[str, NetType]) -> Line:
    return {name: encode(value, declared[name]) for name, value in bound.items()}


def _error(error: ParameterBindingError) -> Line:
    return {
        "id": error.fully_qualified_error_id,
        "category": error.category,
        "message": error.message,
        "exception": error.exception_type,
    }


def run_language(line: Line) -> Line:
    """What the interpreter makes of one measured statement."""
    from script.measured import run_statement

    return run_statement(line["script"])


def run_scripts(line: Line) -> Line:
    """What a whole measured script does."""
    from script.whole import run_script

    return run_script(line)


def port_language(line: Line) -> Line:
    """What the Python of one measured statement puts out."""
    from script.measured import port_statement

    return port_statement(line["script"])


def port_scripts(line: Line) -> Line:
    """What the Python of a whole measured script does."""
    from script.whole import run_script

    return run_script(line, "port")


PORTED: dict[str, Callable[[Line], Line]] = {"language": port_language, "scripts": port_scripts}
RUNNERS: dict[str, Callable[[Line], Line]] = {
    "binding": run_binding,
    "language": run_language,
    "scripts": run_scripts,
}


def lines_of(file: Path) -> list[Line]:
    """The measured lines of a file; only a line feed ends a line, since values may hold other separators.

    Raises:
        ValueError: a line is not JSON; the message has its number.
    """
    lines = []
    for number, text in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if text.strip():
            try:
                lines.append(json.loads(text))
            except ValueError as error:
                raise ValueError(f"{file}: line {number} is not JSON: {error}") from None
    return lines


def difference(line: Line, got: Line) -> str | None:
    """What differs between a measured line and what psbridge made of it, or None."""
    parts = []
    for key, value in got.items():
        if value != line[key]:
            parts.append(f"  {key} measured: {json.dumps(line[key], ensure_ascii=False)}")
            parts.append(f"  {key} got:      {json.dumps(value, ensure_ascii=False)}")
    return "\n".join([f"{line['id']}: {line['script']}", *parts]) if parts else None


def main(arguments: list[str] | None = None) -> int:
    """Run a file of measured lines; 0 if all come out as measured."""
    parser = argparse.ArgumentParser(description="Run measured PowerShell calls against psbridge.")
    parser.add_argument("kind", choices=sorted(RUNNERS))
    parser.add_argument("file", type=Path)
    parser.add_argument("--functions", type=Path, help="the functions that the calls use")
    parser.add_argument(
        "--as", dest="how", choices=["run", "port"], default="run", help="how statements and scripts run"
    )
    options = parser.parse_args(arguments)
    if options.functions is not None:
        try:
            commands().update(commands_of(options.functions))
        except (OSError, ValueError, KeyError) as error:
            parser.error(f"{options.functions}: {error}")
    if options.how == "port" and options.kind not in PORTED:
        parser.error(f"{options.kind} cannot be ported: only {' and '.join(PORTED)} can.")
    run = (PORTED if options.how == "port" else RUNNERS)[options.kind]
    try:
        lines = lines_of(options.file)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    passed = 0
    for line in lines:
        try:
            found = difference(line, run(line))
        except Exception as error:
            found = f"{line['id']}: {line['script']}\n  raised {type(error).__name__}: {error}"
        if found is None:
            passed += 1
        else:
            sys.stdout.write(found + "\n")
    sys.stdout.write(f"passed {passed} of {len(lines)}\n")
    return 0 if passed == len(lines) else 1


if __name__ == "__main__":
    sys.exit(main())
