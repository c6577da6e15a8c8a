"""The parameters' types as Python's type checkers and editors should see them."""

from __future__ import annotations

from .cmdlets import BuilderParameter
from .python_types import class_name
from .shapes import Api, Map, ObjectDef, Ref

# Of a parameter that no schema describes, by its .NET type.
PLAIN = {
    "String": "str",
    "SwitchParameter": "bool",
    "Hashtable": "Mapping[Any, Any]",
    "Int32": "int",
    "Nullable[Int32]": "int | None",
    "Nullable[Double]": "float | None",
    "String[]": "str | Sequence[str]",
    "FileInfo": "str | PathLike[str] | bytes | IO[bytes]",
}


class Annotations:
    """Parameter types as Python's type checkers and editors should see them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def of(self, parameter: BuilderParameter) -> str:
        """The annotation of one parameter: what a call from Python may give."""
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
            case other:
                return f"{_plain(other)} | None"

    def _object(self, parameter: BuilderParameter) -> str:
        shape = parameter.shape
        if not isinstance(shape, Ref):
            return "Mapping[str, Any]" if isinstance(shape, Map) else "Any"
        mapping = "Mapping[str, Any]"
        if isinstance(self._api.definitions[shape.name], ObjectDef) or self._api.objects_of_shape(shape):
            return f"{class_name(shape.name)} | {mapping}"
        return f"{class_name(shape.name)} | Sequence[Any]"

    def _item(self, parameter: BuilderParameter) -> str:
        items = getattr(parameter.shape, "items", None)
        return (
            f"{class_name(items.name)} | Mapping[str, Any]" if isinstance(items, Ref) else "Mapping[str, Any]"
        )


_SCALARS = {"Int32": "int", "Decimal": "float | Decimal", "Boolean": "bool", "String": "str", "Object": "Any"}


def _plain(dotnet: str) -> str:
    """A type that has no members; an array may be given as its one item."""
    if dotnet.endswith("[]"):
        item = _plain(dotnet.removesuffix("[]"))
        return f"{item} | Sequence[{item}]"
    return _SCALARS[dotnet.removeprefix("Nullable[").removesuffix("]")]
