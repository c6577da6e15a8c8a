"""The families of the API as their files describe them: a path prefix, cmdlets, words. Knows none by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent / "families"
SHARED = "shared"
"""The folder of the models that more than one family uses."""


class FamilyError(Exception):
    """A family's files do not say what they have to; the message names the file and the place."""


@dataclass(frozen=True)
class Module:
    """A module of models: what it is about, and the definitions that it holds whatever they refer to."""

    name: str
    about: str
    roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """One family. `prefix` is "" for cmdlets that call nothing; `page` names their page of the reference."""

    name: str
    page: str = ""
    prefix: str = ""
    roots: tuple[str, ...] = ()
    modules: tuple[Module, ...] = ()
    warm: dict[str, list[str]] = field(default_factory=dict)
    samples: dict[str, str] = field(default_factory=dict)
    suggests: dict[str, list[str]] = field(default_factory=dict)
    configured: tuple[str, ...] = ()
    types: dict[str, list[str]] = field(default_factory=dict)
    cmdlets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Whether an operation at this path belongs to the family."""
        return bool(self.prefix) and (path == self.prefix or path.startswith(f"{self.prefix}/"))


_KEYS = {
    "prefix",
    "page",
    "roots",
    "modules",
    "warm",
    "samples",
    "suggests",
    "configured",
    "types",
    "cmdlets",
}


def load_families(folder: Path = HERE) -> list[Family]:
    """The families of `folder`, by name.

    Raises:
        FamilyError: a file is not YAML, or says something that a family has not.
    """
    return [_family(path) for path in sorted(folder.glob("*/cmdlets.yaml"))]


def _family(path: Path) -> Family:
    place = f"{path.parent.name}/{path.name}"
    try:
        about = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise FamilyError(f"{place}: not YAML{f' at line {mark.line + 1}' if mark else ''}") from problem
    if not isinstance(about, dict) or "page" not in about:
        raise FamilyError(f"{place}: a family has at least a 'page'")
    unknown = sorted(about.keys() - _KEYS)
    if unknown:
        raise FamilyError(f"{place}: '{unknown[0]}' is not a key. Keys: {', '.join(sorted(_KEYS))}.")
    modules = tuple(
        Module(name, one["about"], tuple(one.get("roots", ())))
        for name, one in about.get("modules", {}).items()
    )
    return Family(
        path.parent.name,
        about["page"],
        about.get("prefix", ""),
        tuple(about.get("roots", ())),
        modules or (Module("models", f"what {about['page']} sends and gets"),),
        about.get("warm", {}),
        about.get("samples", {}),
        about.get("suggests", {}),
        tuple(about.get("configured", ())),
        about.get("types", {}),
        {name: one or {} for name, one in about.get("cmdlets", {}).items()},
    )
