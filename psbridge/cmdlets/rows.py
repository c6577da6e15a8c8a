"""A row of the tables as the client takes it. Loads neither models nor binding."""

from __future__ import annotations

from ..client.operation import Operation
from ..models.tables import OperationRow


def operation_of(row: OperationRow) -> Operation:
    """A row's operation."""
    return Operation(row.method, row.path, row.reply, row.stream, row.of_model, row.idempotent)
