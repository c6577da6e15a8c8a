"""The import rule of the house: which part may know which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "psbridge"

# Each part and the parts it may import. Everything may import the leaves.
LEAVES = {"errors", "forks", "naming", "separated"}
ALLOWED: dict[str, set[str]] = {
    "_pyinstaller": set(),
    "errors": set(),
    "forks": set(),
    "naming": set(),
    "separated": set(),
    "binding": set(),
    "models": set(),
    "client": set(),
    "chatapi": {"client"},
    "cmdlets": {"binding", "models", "client", "chatapi"},
    "chat": {"cmdlets", "binding", "models", "client"},
    "testing": {"chat", "cmdlets", "binding", "models", "client", "offline"},
    "offline": {"models"},
    "generate": {"models"},
    "install_module": set(),
    "cli": {
        *("cmdlets", "binding", "models", "client", "offline"),
        *("bridge", "script", "runs", "dotnet", "install_module", "chat"),
    },
    "bridge": {"chat", "cmdlets", "binding", "models", "client"},
    # A type that the interpreter does not know is .NET's own, where one is there: `script.net.foreign`.
    "script": {"chat", "cmdlets", "binding", "models", "client", "dotnet"},
    "runs": {"chat", "cmdlets", "binding", "models", "client"},
    # A hosted session has functions of the PowerShell module; `install_module` knows where that is.
    "dotnet": {"chat", "cmdlets", "binding", "models", "client", "chatapi", "install_module"},
    "inprocess": {"bridge", "chat", "dotnet", "cmdlets", "binding", "models", "client"},
    # The package itself names, lazily, what users reach through it.
    "__init__": {"cmdlets", "binding", "models", "client", "offline", "chatapi", "runs"},
    "__main__": {"cli"},
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py*") if path.suffix in (".py", ".pyi"))


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def _imported_parts(path: Path) -> Iterator[tuple[str, int]]:
    """The parts of psbridge that a module imports, with the line; imports inside functions count too."""
    home = ("psbridge", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = home[: len(home) - node.level] if node.level else ()
            stem = (*base, *(node.module.split(".") if node.module else ()))
            names = [(*stem, alias.name) for alias in node.names]
        else:
            continue
        for name in names:
            if name[0] == "psbridge" and len(name) > 1 and _is_part(name[1]):
                yield name[1], node.lineno


def _is_part(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_part_may_know(path: Path) -> None:
    part = _part(path)
    allowed = ALLOWED[part] | LEAVES | {part}
    if path.suffix == ".pyi":
        allowed |= {"chat", "runs"}  # a stub runs nothing: it names the types that users get back
    if part in LEAVES:
        allowed = {part}
    wrong = [f"line {line}: {name}" for name, line in _imported_parts(path) if name not in allowed]
    assert not wrong


def test_the_check_sees_relative_absolute_and_nested_imports(tmp_path: Path) -> None:
    """The rule would be worthless if the imports went unseen."""
    seen = {name for name, _ in _imported_parts(PACKAGE / "cmdlets" / "completion.py")}
    assert {"client", "errors", "models", "cmdlets"} <= seen


def test_every_part_has_a_rule() -> None:
    assert {_part(path) for path in MODULES} <= ALLOWED.keys()


def _imported_modules(path: Path) -> set[Path]:
    """The modules of psbridge that a module imports, in any way; packages' own modules not counted."""
    home = ("psbridge", *path.relative_to(PACKAGE).with_suffix("").parts)
    targets: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = home[: len(home) - node.level] if node.level else ()
        stem = (*base, *(node.module.split(".") if node.module else ()))
        if stem[:1] != ("psbridge",):
            continue
        for name in ((*stem, alias.name) for alias in node.names):
            for parts in (name, stem):
                file = PACKAGE.joinpath(*parts[1:]).with_suffix(".py")
                if len(parts) > 1 and file.is_file():
                    targets.add(file)
                    break
    return targets - {path}


@pytest.mark.parametrize("part", ["binding", "models", "client", "bridge"])
def test_no_import_goes_in_a_circle(part: str) -> None:
    """Imports inside functions, and those for type checking, counted."""
    graph = {
        path: _imported_modules(path) for path in (PACKAGE / part).rglob("*.py") if path.name != "__init__.py"
    }
    finished: set[Path] = set()

    def visit(path: Path, way: tuple[Path, ...]) -> None:
        assert path not in way, " -> ".join(one.stem for one in (*way[way.index(path) :], path))
        if path not in finished:
            for target in graph.get(path, ()):
                visit(target, (*way, path))
            finished.add(path)

    for path in graph:
        visit(path, ())
