"""What is known of the objects that commands and .NET give: their properties, and what each holds.

Knows kinds only; see `code` for what a kind is.
"""

from __future__ import annotations

PROPERTIES: dict[str, dict[str, str]] = {
    "record": {
        "FullyQualifiedErrorId": "str",
        "CategoryInfo": "category",
        "ErrorDetails": "any",
        "TargetObject": "any",
        "ScriptStackTrace": "str",
    },
    "usage": {"requests": "int", "errors": "int", "attempts": "int"}
    | {"prompt_tokens": "int", "completion_tokens": "int", "total_tokens": "int"},
    "category": {"Category": "name", "Reason": "str", "TargetName": "str", "TargetType": "str"},
    "file": {
        "Name": "str",
        "FullName": "str",
        "BaseName": "str",
        "Extension": "str",
        "Length": "long",
        "Exists": "bool",
        "PSIsContainer": "bool",
    },
    "measure": {
        "Count": "int",
        "Sum": "any",
        "Average": "any",
        "Maximum": "any",
        "Minimum": "any",
        "Property": "str",
    },
    "group": {"Name": "str", "Count": "int", "Group": "any"},
    "found": {"Line": "str", "LineNumber": "long", "Filename": "str", "Path": "str", "Matches": "any"},
    "match": {"Value": "str", "Success": "bool", "Index": "int", "Length": "int", "Groups": "any"},
    "http": {
        "StatusCode": "int",
        "Headers": "headers",
        "RequestId": "str?",
        "Attempts": "int",
        "ElapsedSec": "float",
        "Response": "reply",
    },
    "configuration": {
        "BaseUrl": "str",
        "Model": "str?",
        "Organization": "str?",
        "Project": "str?",
        "MaxRetryCount": "int",
        "DefaultHeaders": "texts",
    },
    "webresponse": {
        "StatusCode": "int",
        "StatusDescription": "str",
        "Content": "any",
        "RawContent": "str",
        "Headers": "any",
    },
    "property": {"Name": "str", "Value": "any"},
    "entry": {"Key": "any", "Name": "any", "Value": "any"},
}
"""The properties of an object by its kind, spelt as .NET has them."""
OBJECTS = (
    "object",
    "hashtable",
    "table",
    "datetime",
    "timespan",
    "uri",
    "reply",
    "row",
    "model",
    *PROPERTIES,
)
"""Kinds of what is one object, and never null."""
_FOLDED = {kind: {name.lower(): name for name in names} for kind, names in PROPERTIES.items()}

RESULTS = {
    "get-childitem": "file",
    "get-item": "file",
    "get-content": "str",
    "import-csv": "row",
    "convertfrom-csv": "row",
    "measure-object": "measure",
    "group-object": "group",
    "select-string": "found",
    "out-string": "str",
    "join-string": "str",
    "convertto-csv": "str",
    "convertto-json": "str",
    "convertto-html": "any",
    "invoke-webrequest": "webresponse",
}
"""What commands put out, one after the other."""
PASSING = frozenset("sort-object where-object get-unique".split())
"""Commands that put out what they get."""
_CHANGES = {
    "get-childitem": ("name",),
    "get-content": ("asbytestream",),
    "measure-object": ("line", "word", "character", "allstats"),
    "group-object": ("ashashtable",),
    "select-string": ("quiet", "raw", "list"),
}
"""Parameters with which a command puts out something else."""
ALONE = frozenset("out-string join-string".split())
"""Commands that give one object whatever they get."""


def spelling(kind: str, name: str) -> str:
    """A property's name as .NET spells it; empty where an object of this kind has none of that name."""
    return _FOLDED.get(kind, {}).get(name.lower(), "")


def result_of(command: str, parameters: set[str], piped: str) -> str:
    """The kind of the objects that a command puts out.

    Args:
        command: its name in lower case.
        parameters: the parameters it is given, in lower case.
        piped: the kind of what comes down the pipeline.
    """
    if command in PASSING:
        return piped
    if command == "select-object":
        passes = parameters <= {"first", "last", "skip", "skiplast", "unique", "index"}
        return piped if passes else "any"
    if command == "get-item" and piped != "any":
        return "file"
    kind = RESULTS.get(command, "any")
    return "any" if set(_CHANGES.get(command, ())) & parameters else kind


__all__ = ["ALONE", "OBJECTS", "PROPERTIES", "result_of", "spelling"]
