"""The words of the families: a line of help for every model, cmdlet and parameter.

A line that is missing stops the generator, and so does one that nothing uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .families import HERE


class HelpError(Exception):
    """A parameter, model or cmdlet has no line of help, or a line of help has no owner."""


@dataclass(frozen=True)
class Shown:
    """An example: what it does, and its code in both languages; no Python for what only PowerShell has."""

    says: str
    powershell: str
    python: str = ""


@dataclass
class Words:
    """The lines of the families' `help.yaml`, counted as they are used.

    `lines` holds each by its keys, `files` says which file has it.
    """

    lines: dict[tuple[str, ...], Any] = field(default_factory=dict)
    files: dict[tuple[str, ...], str] = field(default_factory=dict)
    used: set[tuple[str, ...]] = field(default_factory=set)

    @classmethod
    def load(cls, folder: Path = HERE) -> Words:
        """The common lines of a folder of families, and each family's.

        Raises:
            HelpError: two files have the same line.
        """
        words = cls()
        for path in (folder / "help.yaml", *sorted(folder.glob("*/help.yaml"))):
            file = path.relative_to(folder).as_posix()
            for keys, line in _leaves(yaml.safe_load(path.read_text(encoding="utf-8"))):
                if keys in words.lines:
                    raise HelpError(f"{file}: {' > '.join(keys)} has a line in {words.files[keys]}, too")
                words.lines[keys], words.files[keys] = line, file
        return words

    def examples(self, cmdlet: str) -> tuple[Shown, ...]:
        """The examples of a cmdlet.

        Raises:
            HelpError: there is none, or one says too little.
        """
        keys = ("examples", cmdlet)
        given = self.lines.get(keys)
        if not given:
            raise HelpError(f"help.yaml has no examples of {cmdlet}")
        self.used.add(keys)
        for one in given:
            if not {"says", "powershell"} <= one.keys() <= {"says", "powershell", "python", "needs"}:
                raise HelpError(f"help.yaml: an example of {cmdlet} has 'says', 'powershell' and 'python'")
        return tuple(
            Shown(one["says"], one["powershell"].rstrip(), one.get("python", "").rstrip()) for one in given
        )

    def check_used(self) -> None:
        """Raise HelpError when a line describes nothing that is generated."""
        unused = [keys for keys in self.lines if keys not in self.used]
        if unused:
            more = f" (and {len(unused) - 1} more)" if len(unused) > 1 else ""
            named = " > ".join(unused[0])
            raise HelpError(f"{self.files[unused[0]]} has a line that nothing uses: {named}{more}")

    def get(self, *keys: str) -> str:
        """The line of these keys.

        Raises:
            HelpError: there is none, or it is no single line of ASCII.
        """
        line = self.lines.get(keys)
        if not isinstance(line, str) or not line.strip():
            raise HelpError(f"help.yaml has no line for {' > '.join(keys)}")
        if "\n" in line.strip() or not line.isascii():
            raise HelpError(f"help.yaml: {' > '.join(keys)} must be one line of ASCII")
        self.used.add(keys)
        return line.strip()


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*path, str(key)))
    else:
        yield path, node
