"""What a cmdlet does whose row says it all: its parameters into a call of its operation, the reply out.

The row names what each parameter fills: a place in the path, the query, a member of the body, the body
itself. Knows no cmdlet by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .. import models
from ..client.operation import Operation
from ..errors import PSBridgeError
from ..models.base import Model
from ..models.problems import InvalidValueError
from ..models.tables import OperationRow
from ..models.writing import as_json
from .builders import built, fitted, unwrapped
from .complete import completed
from .rows import operation_of
from .session import call_options, client, result_of
from .table import TableEntry, entry

if TYPE_CHECKING:
    from ..client import Form

Bound = dict[str, Any]
ModelT = TypeVar("ModelT", bound=Model)


def operation_work(cmdlet: TableEntry) -> Callable[[Bound], Any]:
    """What the cmdlet does with its bound parameters."""
    prepared = [(row, operation_of(row)) for row in cmdlet.operations]

    def work(bound: Bound) -> Any:
        row, operation = _asked(prepared, cmdlet, bound)
        places = {brace: bound.get(name) for brace, name in row.places.items()}
        query = {name: bound[given] for name, given in row.query.items() if bound.get(given) is not None}
        options = call_options(bound)
        if row.pages and bound.get("All"):
            return client().pages(operation, places=places, query=query, **options)
        if row.reply == "bytes":
            from .transfers import sink_of

            sink = sink_of(bound, "-".join(map(str, places.values())))
            reply = client().download(operation, sink, places=places, query=query, **options)
            quiet = bound.get("OutFile") is not None and not bound.get("WithHttpInfo")
            return None if quiet else result_of(reply, bound)
        body: bytes | Form | None = None
        if row.body == "multipart":
            from .transfers import form_of

            body = form_of(row, cmdlet.parameters, bound)
        elif row.body:
            body = body_of(cmdlet, row, bound)
        reply = client().call(operation, places=places, query=query, body=body, **options)
        return result_of(reply, bound)

    return work


def _asked(
    prepared: list[tuple[OperationRow, Operation]], cmdlet: TableEntry, bound: Bound
) -> tuple[OperationRow, Operation]:
    """The operation of the parameter set that was bound: the one whose own parameters were given."""
    sets = {one.name: one.sets for one in cmdlet.parameters}
    given = [sets[name] for name in bound if sets.get(name)]
    for row, operation in prepared:
        if not row.set or (given and all(row.set in one for one in given)):
            return row, operation
    return next(pair for pair in prepared if pair[0].set == cmdlet.default_set)


def body_of(cmdlet: TableEntry, row: OperationRow, bound: Bound) -> bytes:
    """The JSON of the operation's body, given whole or by its members.

    Raises:
        InvalidValueError: it is not what the operation takes.
        PSBridgeError: with the id PSBridge.MissingRequest, where nothing of it was given.
    """
    model: type[Model] = getattr(models, row.body)
    given = bound.get(row.request) if row.request else None
    if given is None:
        members = {wire: bound[name] for wire, name in row.members.items() if name in bound}
        members.update(
            (one.wire, bound[one.name]) for one in cmdlet.parameters if one.wire and one.name in bound
        )
        if not members and row.request:
            raise PSBridgeError(
                f"Error! The required parameter {row.request} missing when calling {cmdlet.name}.",
                error_id="PSBridge.MissingRequest",
                category="InvalidArgument",
                parameter=row.request,
            )
        return as_bytes(completed(built(model, fitted(entry(f"Initialize-{row.body}"), members), [])))
    return as_bytes(completed(whole(given, model, row.request)))


def whole(
    given: Any, model: type[ModelT], parameter: str, wanted: str = "", open_members: tuple[str, ...] = ()
) -> ModelT:
    """A request out of what a caller holds: the model itself, a table, a property bag, JSON text.

    Args:
        given: that.
        model, parameter: what it has to be, and what it was given to.
        wanted: how an error says what it has to be.
        open_members: JSON names of required members that it may leave open.

    Raises:
        InvalidValueError: it is none of these, or not a request.
    """
    if given.__class__ is not dict:
        if isinstance(given, model):
            return given
        if isinstance(given, str) and given.lstrip().startswith("{"):
            return model.model_validate_json(given)
    members = unwrapped(given, (model,))
    if members.__class__ is not dict:
        raise InvalidValueError(
            f"invalid value for '{parameter}', must be {wanted or f'what Initialize-{parameter} builds'}.",
            parameter=parameter,
            path=parameter,
            model=model.__name__,
        )
    missing = [one for one in open_members if one not in members]
    return cast(ModelT, built(model, members, missing))


def as_bytes(model: Model) -> bytes:
    """The JSON that goes out: what is set, and nothing else."""
    return as_json(model, exclude_unset=True, warnings=False)
