"""The parameters' types as Python's type checkers and editors should see them."""

from __future__ import annotations

from .cmdlets import BuilderParameter
from .python_types import class_name
from .shapes import Api, ObjectDef, Ref

# Of a parameter that no schema describes, by its .NET type.
PLAIN = {
    "String": "str",
    "SwitchParameter": "bool",
    "Hashtable": "Mapping[Any, Any]",
    "Int32": "int",
    "Nullable[Int32]": "int | None",
    "Nullable[Double]": "float | None",
    "String[]": "str | Sequence[str]",
    "FileInfo": "str | PathLike[str] | IO[bytes]",
}


class Annotations:
    """Parameter types as Python's type checkers and editors should see them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def of(self, parameter: BuilderParameter) -> str:
        listed = (
            "Literal[" + ", ".join(f'"{value}"' for value in parameter.values) + "] | "
            if parameter.values
            else ""
        )
        match parameter.dotnet:
            case "String":
                return f"{listed}str | None"
            case "String[]":
                return f"{listed}str | Sequence[str] | None"
            case "Hashtable":
                return "Mapping[Any, Any] | None"
            case "Hashtable[]":
                return "Mapping[Any, Any] | Sequence[Mapping[Any, Any]] | None"
            case "PSCustomObject":
                return f"{self._object(parameter)} | None"
            case "PSCustomObject[]":
                one = self._item(parameter)
                return f"{one} | Sequence[{one}] | None"
            case "Int32[]":
                return "int | Sequence[int] | None"
            case other:
                value = other.removeprefix("Nullable[").removesuffix("]")
                return {"Int32": "int", "Decimal": "float | Decimal", "Boolean": "bool"}[value] + " | None"

    def _object(self, parameter: BuilderParameter) -> str:
        shape = parameter.shape
        if not isinstance(shape, Ref):
            return "Any"
        mapping = "Mapping[str, Any]"
        if isinstance(self._api.definitions[shape.name], ObjectDef) or self._api.objects_of_shape(shape):
            return f"{class_name(shape.name)} | {mapping}"
        return f"{class_name(shape.name)} | Sequence[Any]"

    def _item(self, parameter: BuilderParameter) -> str:
        items = getattr(parameter.shape, "items", None)
        return (
            f"{class_name(items.name)} | Mapping[str, Any]" if isinstance(items, Ref) else "Mapping[str, Any]"
        )
