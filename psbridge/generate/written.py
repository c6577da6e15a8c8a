"""The rows of the cmdlets that a family describes: their parameters, and the operations they stand for."""

from __future__ import annotations

import re
from typing import Any

from ..models.tables import OperationRow
from ..naming import parameter_name
from .annotations import PLAIN
from .families import Family, FamilyError
from .rows import Cmdlet, Parameter
from .words import Words

# What a cmdlet's parameters say of the call rather than of the request.
CALL = (
    *(
        "Connection",
        "WithHttpInfo",
        "MaxRetryCount",
        "TimeoutSec",
        "AdditionalBody",
        "AdditionalHeaders",
        "AdditionalQuery",
    ),
    *("Stream", "StreamText", "All", "OutFile", "Resume", "FileName"),
    *("ThrottleLimit", "Unordered", "RequestsPerMinute", "TokensPerMinute"),
)
_METHODS = ("GET", "POST", "DELETE")


def written_row(family: Family, name: str, words: Words, rows: dict[str, Cmdlet]) -> Cmdlet:
    """The row of one cmdlet; `rows` are the builders'.

    Raises:
        FamilyError: its description does not say what it has to.
        HelpError: a line of help is missing.
    """
    about = family.cmdlets[name]
    own = [_parameter(name, one, given, words) for one, given in about.get("parameters", {}).items()]
    if about.get("call"):
        own += _call_parameters(about.get("operations", ()), own, words)
    elif about.get("connection", about.get("waits")) or any(
        one.get("waits", True) for one in about.get("operations", ())
    ):
        own.append(_of_every_call("Connection", words))
    parameters = [*own, *_included(about.get("include"), own, rows)]
    return Cmdlet(
        name,
        family.name,
        "cmdlet",
        about.get("output", ""),
        words.get("cmdlets", name),
        tuple(parameters),
        tuple(_operation(family, name, one, own, rows) for one in about.get("operations", ())),
        about.get("defaultSet", ""),
        about.get("shouldProcess", False),
        about.get("work", ""),
        about.get("many", ""),
        tuple(about.get("variants", {}).items()),
        about.get("ownWhatIf", ""),
        about.get("gathers", False),
        about.get("waits", False),
        about.get("include", {}).get("model", ""),
    )


def _parameter(cmdlet: str, name: str, given: Any, words: Words) -> Parameter:
    if given == "call":  # one of every call's, at this place among the others
        return _of_every_call(name, words)
    about: dict[str, Any] = {"type": given} if isinstance(given, str) else given
    return Parameter(
        name,
        "",
        about["type"],
        tuple(about.get("values", ())),
        about.get("position"),
        words.get("parameters", cmdlet, name),
        tuple(about.get("sets", ())),
        mandatory=about.get("mandatory", False),
        pipeline=about.get("pipeline", False),
        by_name=about.get("byPropertyName", False),
        secret=about.get("secret", False),
        free_form=about.get("freeForm", False),
        file=about.get("file", False),
    ).annotated(about.get("python") or PLAIN.get(about["type"], "Any"))


# What every call takes, whatever it asks for.
_OF_EVERY_CALL = {
    "Connection": "Object",
    "WithHttpInfo": "SwitchParameter",
    "MaxRetryCount": "Nullable[Int32]",
    "TimeoutSec": "Nullable[Double]",
    "AdditionalBody": "Hashtable",
    "AdditionalHeaders": "Hashtable",
    "AdditionalQuery": "Hashtable",
}


def _of_every_call(name: str, words: Words) -> Parameter:
    dotnet = _OF_EVERY_CALL[name]
    annotation = PLAIN.get(dotnet, "ChatConnection | str")
    return Parameter(
        name,
        "",
        dotnet,
        help=words.get("parameters", "Call", name),
        free_form=dotnet == "Hashtable",
    ).annotated(annotation)


def _call_parameters(operations: Any, own: list[Parameter], words: Words) -> list[Parameter]:
    """Those of every call that the cmdlet has not itself; a body is added to where there is a JSON one."""
    json_body = any(one.get("body") not in (None, "multipart") for one in operations)
    taken = {parameter.name for parameter in own}
    return [
        _of_every_call(name, words)
        for name in _OF_EVERY_CALL
        if name not in taken and (json_body or name != "AdditionalBody")
    ]


def _included(
    include: dict[str, Any] | None, own: list[Parameter], rows: dict[str, Cmdlet]
) -> list[Parameter]:
    """A builder's parameters, by name only."""
    if not include:
        return []
    accepts = include.get("accepts", {})  # Python types beyond those of the builder's parameter
    taken = {parameter.name for parameter in own}
    return [
        one._replace(
            position=None,
            sets=(include["set"],) if "set" in include else (),
            mandatory=one.name in include.get("mandatory", ()),
            by_name=False,
            required=False,
            aliases=tuple(include.get("aliases", {}).get(one.name, ())),
            text=one.text or one.name in accepts,
        ).annotated(f"{accepts[one.name]} | {one.annotation}" if one.name in accepts else one.annotation)
        for one in rows[f"Initialize-{include['model']}"].parameters
        if one.name not in taken and one.name not in include.get("without", ())
    ]


def _operation(
    family: Family, cmdlet: str, about: dict[str, Any], own: list[Parameter], rows: dict[str, Cmdlet]
) -> OperationRow:
    """An operation, with what each of the cmdlet's own parameters fills, by its name."""
    place = f"{family.name}: {cmdlet}"
    known = {"method", "path", "set", "body", "reply", "stream", "pages", "idempotent", "waits"}
    unknown = sorted(about.keys() - known)
    if unknown:
        raise FamilyError(
            f"{place}: '{unknown[0]}' is not a key of an operation. Keys: {', '.join(sorted(known))}."
        )
    method, path = about.get("method", ""), about.get("path", "")
    if method not in _METHODS or not family.has(path):
        raise FamilyError(
            f"{place}: an operation has a method ({', '.join(_METHODS)}) and a path of {family.prefix}."
        )
    body = about.get("body", "")
    group = about.get("set", "")
    mine = {one.name: one for one in own if not one.sets or not group or group in one.sets}
    places = {}
    for brace in re.findall(r"\{(\w+)\}", path):
        name = parameter_name(brace)
        if name not in mine:
            raise FamilyError(f"{place}: no parameter {name} fills {{{brace}}} of {path}.")
        places[brace] = name
    form = body == "multipart"
    builder = rows.get(f"Initialize-{body}")
    if body and not form and builder is None:
        raise FamilyError(f"{place}: there is no model {body} for the body of {path}.")
    fields = {one.name: one.wire for one in builder.parameters} if builder is not None else {}
    members, query = {}, {}
    for name in mine:
        if name in CALL or name in places.values() or name == body:
            continue
        if form:
            members[_snake(name)] = name
        elif name in fields:
            members[fields[name]] = name
        else:
            query[_snake(name)] = name
    return OperationRow(
        method,
        path,
        group,
        body,
        about.get("reply", ""),
        about.get("stream", ""),
        about.get("pages", ""),
        "model" in fields.values(),
        about.get("idempotent", method != "POST"),
        about.get("waits", True),
        body if body in mine else "",
        places,
        query,
        members,
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
