"""The two functions that a run takes: a row to a request, a reply to columns; and where each endpoint's are.

Here are the interface, the table of endpoints, and the recipes that need no room of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from ..chat.template import Template
from ..client.message import jsontext
from ..client.operation import Operation
from ..models.tables import CMDLETS
from .errors import RunUsageError


class Answered(NamedTuple):
    """What a reply says: the answer as text, what is wrong with it, and further columns."""

    answer: str = ""
    error: str = ""
    columns: Mapping[str, Any] = {}


class Recipe(Protocol):
    """A row to a request, a reply to columns.

    Attributes:
        extra: the further columns that a reply gives.
        names: the columns that requests are made of, where a template names them.
        model: the one that requests name; "" where each names its own.
    """

    extra: tuple[str, ...]
    names: tuple[str, ...]
    model: str

    def request(self, row: Mapping[str, Any]) -> bytes:
        """The JSON that goes out for a row.

        Raises:
            PSBridgeError, ValueError: the row cannot be made a request of.
        """

    def answered(self, reply: Any) -> Answered:
        """What a reply's JSON says."""

    def check_columns(self, columns: list[str]) -> None:
        """Refuse what no row can give.

        Raises:
            PSBridgeError: naming the column that is not among `columns`.
        """


class Endpoint(NamedTuple):
    """An operation that runs can ask for: the cmdlet that does it, and its recipe's home."""

    cmdlet: str
    home: str

    @property
    def operation(self) -> Operation:
        """The operation as the client takes it, out of the cmdlet's row."""
        from ..cmdlets.rows import operation_of

        return operation_of(CMDLETS[self.cmdlet].operations[0])


# By the last words of the path. A further one needs a line here.
ENDPOINTS = {
    "chat/completions": Endpoint("New-ChatCompletion", "psbridge.chat.rows.ChatRows"),
    "embeddings": Endpoint("New-Embedding", "psbridge.runs.recipes.EmbeddingRows"),
    "moderations": Endpoint("New-Moderation", "psbridge.runs.recipes.ModerationRows"),
}
_SHORT = {"": "chat/completions", "chat": "chat/completions"}


def endpoint(name: str) -> tuple[str, Endpoint]:
    """An endpoint by its path, with or without `/v1/`, or by its family's name.

    Raises:
        RunUsageError: there is none.
    """
    short = name.strip().lower().strip("/").removeprefix("v1/")
    short = _SHORT.get(short, short)
    if short not in ENDPOINTS:
        raise RunUsageError(f"'{name}' is not an endpoint of runs; {', '.join(ENDPOINTS)} are.")
    return f"/{short}", ENDPOINTS[short]


def recipe(settings: Mapping[str, Any], answer_type: Any = None) -> Recipe:
    """The recipe that settings ask for.

    Args:
        settings: endpoint, template, request_column, system, model, schema, body.
        answer_type: a Python type that answers are held to, instead of the settings' schema.

    Raises:
        PSBridgeError: they cannot be used.
    """
    _, chosen = endpoint(str(settings.get("endpoint") or ""))
    module, _, name = chosen.home.rpartition(".")
    made: Recipe = getattr(import_module(module), name)(settings, answer_type)
    return made


def column(name: str, columns: list[str]) -> str:
    """A column by its name in any case.

    Raises:
        RunUsageError: there is none.
    """
    if name in columns:
        return name
    for one in columns:
        if one.lower() == name.lower():
            return one
    raise RunUsageError(f"There is no column '{name}'; the rows have {', '.join(columns[:20]) or 'none'}.")


def whole_request(row: Mapping[str, Any], name: str, base: Mapping[str, Any]) -> dict[str, Any]:
    """The request in a row's column, JSON text or an object; `base` fills in what it leaves out.

    Raises:
        ValueError: it is none.
    """
    value = row.get(name)
    if value is None:
        value = next((given for key, given in row.items() if key.lower() == name.lower()), None)
    if isinstance(value, str):
        try:
            value = jsontext.loads(value)
        except ValueError as error:
            raise ValueError(f"its request in '{name}' is not JSON: {error}") from None
    if not isinstance(value, Mapping):
        raise ValueError(f"its request in '{name}' is no JSON object")
    return {**base, **value}


_TEXT = "\0the row's text\0"


class TextRows:
    """What the recipes share whose request is one text: a template or a request column, and a model."""

    member = "input"
    default_model = ""

    def __init__(self, settings: Mapping[str, Any], answer_type: Any = None) -> None:
        for name in ("system", "schema"):
            if settings.get(name):
                raise RunUsageError(f"'{name}' is for chat completions.")
        self.extra: tuple[str, ...] = ()
        self._column = str(settings.get("request_column") or "")
        text = settings.get("template")
        if bool(text) == bool(self._column):
            raise RunUsageError("A run needs a template or a request column, and not both.")
        self._template = Template(str(text)) if text else None
        self.names = self._template.names if self._template else ()
        self.model = str(settings.get("model") or self.default_model)
        self._base = {**(settings.get("body") or {}), **({"model": self.model} if self.model else {})}
        if self._column:
            self.model = ""
        self._around: tuple[str, str] | None = None
        if self._template is not None:
            with suppress(ValueError):  # what is not JSON in it is each row's error
                self._around = jsontext.around({**self._base, self.member: _TEXT}, _TEXT)

    def request(self, row: Mapping[str, Any]) -> bytes:
        """See `Recipe`."""
        if self._template is None:
            return jsontext.dumps(whole_request(row, self._column, self._base))
        text = self._template.fill(row)
        if self._around is None:
            return jsontext.dumps({**self._base, self.member: text})
        before, behind = self._around
        try:
            return (before + jsontext.escaped(text) + behind).encode()
        except UnicodeEncodeError:
            return jsontext.dumps({**self._base, self.member: text})  # which says what is wrong with it

    def check_columns(self, columns: list[str]) -> None:
        """See `Recipe`."""
        if self._template is not None:
            self._template.check_names(columns)
        else:
            column(self._column, columns)


class EmbeddingRows(TextRows):
    """Embeddings: Answer is the vector as a JSON array."""

    default_model = "text-embedding-3-small"

    def answered(self, reply: Any) -> Answered:
        """See `Recipe`."""
        data = reply.get("data") if isinstance(reply, Mapping) else None
        vectors = [one.get("embedding") for one in data or () if isinstance(one, Mapping)]
        if not vectors or vectors[0] is None:
            return Answered(error="the reply has no embedding")
        return Answered(json.dumps(vectors[0] if len(vectors) == 1 else vectors, separators=(",", ":")))


class ModerationRows(TextRows):
    """Moderations: Answer is whether the text was flagged, Categories for what."""

    def __init__(self, settings: Mapping[str, Any], answer_type: Any = None) -> None:
        super().__init__(settings, answer_type)
        self.extra = ("Categories",)

    def answered(self, reply: Any) -> Answered:
        """See `Recipe`."""
        results = reply.get("results") if isinstance(reply, Mapping) else None
        results = [one for one in results or () if isinstance(one, Mapping)]
        if not results:
            return Answered(error="the reply has no result")
        named = {
            name for one in results for name, flagged in (one.get("categories") or {}).items() if flagged
        }
        flagged = any(one.get("flagged") for one in results)
        return Answered("true" if flagged else "false", columns={"Categories": ", ".join(sorted(named))})
