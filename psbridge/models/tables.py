"""Every cmdlet, its parameters and its operations, as rows: a table a family of the API, read on first use.

`index.json` says which families there are and which cmdlets each has; `<family>/table.json` holds the rows.
Both are generated; they are JSON because Python, where it keeps no compiled files, would compile a module of
rows at every start, which takes thirty times as long as reading it. Knows no cmdlet by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..forks import new_lock


class ParameterRow(NamedTuple):
    """A parameter of a cmdlet.

    Attributes:
        name, wire: as PowerShell has it, and as the request's JSON has it ("" for what is no member).
        dotnet: the .NET type.
        values: the texts it is limited to; none for any.
        position: its place among the arguments without a name, from 0; None for a parameter by name only.
        help: one line.
        sets: the parameter sets it belongs to; none for all.
        mandatory: PowerShell demands it.
        pipeline, by_name: it takes a pipeline's items, or their property of its name.
        required: the API demands it; the model says so when it is built.
        text: a plain text is taken too, where the type says an object.
        wraps: a lone object stands for an array of one.
        secret: a text that a SecureString may stand for.
        free_form: a table of any JSON values: one read from JSON is taken, and an order kept.
        file: a path, relative to the caller's location, or an open file.
        aliases: other names that it is called by.
    """

    name: str
    wire: str = ""
    dotnet: str = "String"
    values: tuple[str, ...] = ()
    position: int | None = None
    help: str = ""
    sets: tuple[str, ...] = ()
    mandatory: bool = False
    pipeline: bool = False
    by_name: bool = False
    required: bool = False
    text: bool = False
    wraps: bool = False
    free_form: bool = False
    secret: bool = False
    file: bool = False
    aliases: tuple[str, ...] = ()


class OperationRow(NamedTuple):
    """One operation of the API, and how a cmdlet's parameters make it.

    Attributes:
        method, path: HTTP's; the path is below the base URL and has its parameters in braces.
        set: the parameter set that asks for it; "" for all.
        body: the model of its JSON body, "multipart" for a form with a file, "" for none.
        reply: the model of its answer; "bytes" for a file's content.
        stream: the model of an event, where the answer can be streamed.
        pages: the model of an item, where the answer is a page of them.
        of_model: its body names a model; Azure has such an operation below the model's deployment.
        idempotent: doing it twice is doing it once, so it needs no idempotency key.
        waits: it waits for a server.
        request: the parameter that takes the whole body.
        places, query, members: parameters by what they fill: a brace of the path, a query parameter, a member
            of the body or a field of the form.
    """

    method: str
    path: str
    set: str = ""
    body: str = ""
    reply: str = ""
    stream: str = ""
    pages: str = ""
    of_model: bool = False
    idempotent: bool = False
    waits: bool = True
    request: str = ""
    places: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    members: Mapping[str, str] = {}


class CmdletRow(NamedTuple):
    """A cmdlet.

    Attributes:
        kind: object, union, value (builders), json (ConvertFrom-JsonTo*) or cmdlet (everything else).
        output: the model, or other type, that it gives back.
        work: the function that does its work (`module.function` in `psbridge.cmdlets`), where neither its
            kind nor its operations say it all; `many`: the one that does a whole pipeline.
        own_what_if: the parameter with which it shows by itself what -WhatIf asks for.
        gathers: a whole pipeline is one call, with its items in InputObject.
        calls_others: it has no operation of its own, but waits for those of other cmdlets.
    """

    name: str
    family: str
    kind: str
    output: str = ""
    summary: str = ""
    parameters: tuple[ParameterRow, ...] = ()
    operations: tuple[OperationRow, ...] = ()
    default_set: str = ""
    should_process: bool = False
    work: str = ""
    many: str = ""
    own_what_if: str = ""
    gathers: bool = False
    calls_others: bool = False

    @property
    def waits(self) -> bool:
        """It waits for a server, so a worker gives it a thread of its own."""
        return self.calls_others or any(operation.waits for operation in self.operations)


class FamilyRow(NamedTuple):
    """A family of the API.

    Attributes:
        prefix: the path its operations begin with; "" for cmdlets that call nothing.
        page: its page of the reference.
        cmdlets: their names.
        warm_builders, warm_calls: models that a worker loads before anybody asks, for a first builder and
            for a first call; none for a family that is loaded when it is used.
        warm_cmdlets: cmdlets that it makes ready after those.
    """

    name: str
    prefix: str
    page: str
    cmdlets: tuple[str, ...]
    warm_builders: tuple[str, ...] = ()
    warm_calls: tuple[str, ...] = ()
    warm_cmdlets: tuple[str, ...] = ()


class Tables(Mapping[str, CmdletRow]):
    """The cmdlets by name, in alphabetical order. A family's rows are read when one of them is asked for.

    Args:
        read: the content of a file of the models' folder, by its path in it.
    """

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._raw: dict[str, dict[str, Any]] = {}  # rows as they stand in the files: most are never asked for
        self._rows: dict[str, CmdletRow] = {}
        self._families: dict[str, FamilyRow] | None = None
        self._homes: dict[str, str] | None = None
        self._lock = new_lock()

    @property
    def families(self) -> dict[str, FamilyRow]:
        """The families by name."""
        if self._families is None:  # without a lock: whoever else reads them gets the same
            self._families = {
                name: FamilyRow(name, **{key: _frozen(value) for key, value in about.items()})
                for name, about in json.loads(self._read("index.json")).items()
            }
        return self._families

    @property
    def _home(self) -> dict[str, str]:
        if self._homes is None:
            homes = {name: family.name for family in self.families.values() for name in family.cmdlets}
            self._homes = dict(sorted(homes.items()))
        return self._homes

    def __getitem__(self, name: str) -> CmdletRow:
        row = self._rows.get(name)
        return row if row is not None else self._made(name)

    def _made(self, name: str) -> CmdletRow:
        family = self._home[name]
        with self._lock:
            row = self._rows.get(name)
            if row is None:
                if name not in self._raw:
                    self._raw.update(json.loads(self._read(f"{family}/table.json")))
                row = self._rows[name] = _row(name, family, self._raw.pop(name))
        return row

    def __contains__(self, name: object) -> bool:
        return name in self._home

    def __iter__(self) -> Iterator[str]:
        return iter(self._home)

    def __len__(self) -> int:
        return len(self._home)


def _row(name: str, family: str, about: dict[str, Any]) -> CmdletRow:
    parameters, operations = about.pop("parameters", ()), about.pop("operations", ())
    return CmdletRow(
        name,
        family,
        parameters=tuple(
            ParameterRow(**{key: _frozen(value) for key, value in one.items()}) for one in parameters
        ),
        operations=tuple(OperationRow(**one) for one in operations),
        **about,
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def tables_of(folder: Path) -> Tables:
    """The tables in a folder, such as one that was just generated."""
    return Tables(lambda name: (folder / name).read_bytes())


def _packaged(name: str) -> bytes:
    # Through the loader, so that it works from a zip file and a frozen program too.
    content: bytes = __spec__.loader.get_data(str(Path(__file__).parent / name))  # type: ignore[union-attr]
    return content


CMDLETS = Tables(_packaged)
