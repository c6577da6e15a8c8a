"""The generator run on the small descriptions in `data/`, and on changed copies of them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from psbridge.generate.__main__ import generate
from psbridge.models.tables import ParameterRow, Tables, tables_of

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Generated:
    """A folder the generator has written into."""

    root: Path

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    @cached_property
    def tables(self) -> Tables:
        return tables_of(self.root / "psbridge/models")

    def parameters(self, cmdlet: str) -> list[ParameterRow]:
        return list(self.tables[cmdlet].parameters)

    @cached_property
    def models(self) -> dict[str, Any]:
        """The generated models, running on the package's own base."""
        source = self.text("psbridge/models/tickets/models.py").replace(
            "from ..base", "from psbridge.models.base"
        )
        module = sys.modules["generated_tickets"] = ModuleType("generated_tickets")
        exec(compile(source, "models.py", "exec", dont_inherit=True), module.__dict__)
        return module.__dict__

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(scope="session")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The small API, generated once."""
    root = tmp_path_factory.mktemp("tickets")
    generate(DATA / "newest.yaml", DATA / "oldest.yaml", root, DATA / "families")
    return Generated(root)


@dataclass(frozen=True)
class Inputs:
    """A folder with the generator's four inputs, to be spoiled, and the run that has to notice."""

    folder: Path
    root: Path
    output: Callable[[], tuple[str, str]]

    def change(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self) -> None:
        generate(
            self.folder / "newest.yaml", self.folder / "oldest.yaml", self.root, self.folder / "families"
        )

    def refusal(self) -> str:
        """The one line the generator ends with; nothing may have been written."""
        with pytest.raises(typer.Exit) as caught:
            self.run()
        assert caught.value.exit_code == 2
        output, errors = self.output()
        assert output == ""
        assert errors.startswith("psbridge.generate: ")
        assert errors.count("\n") == 1
        assert [*self.root.rglob("*")] == []
        return errors.removeprefix("psbridge.generate: ").strip()


@pytest.fixture
def inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Inputs]:
    folder, root = tmp_path / "inputs", tmp_path / "root"
    shutil.copytree(DATA, folder)
    root.mkdir()

    def output() -> tuple[str, str]:
        captured = capsys.readouterr()
        return captured.out, captured.err

    yield Inputs(folder, root, output)
