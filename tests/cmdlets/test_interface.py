"""What importing costs, what help() shows, and what type checkers see."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import psbridge as ps
from psbridge.cmdlets.table import TableEntry, entries

ROOT = Path(__file__).parents[2]


def _loaded_after(statement: str) -> set[str]:
    """The top-level packages a fresh interpreter has loaded after `statement`."""
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_importing_loads_neither_pydantic_nor_an_http_client() -> None:
    assert not {"pydantic", "httpx", "httpcore", "h11", "typer", "rich"} & _loaded_after("import psbridge")


def test_building_loads_no_http_client() -> None:
    statement = "import psbridge as ps; ps.Initialize_ChatCompletionRequestUserMessage('hi', 'user')"
    assert not {"httpx", "httpcore", "h11", "typer", "rich"} & _loaded_after(statement)


def test_every_cmdlet_is_an_attribute_and_listed() -> None:
    listed = set(dir(ps))
    for entry in entries():
        assert entry.python_name in listed
        assert getattr(ps, entry.python_name).entry.name == entry.name
    assert {"UNSET", "invoke", "use_configuration", "OfflineServer", "PSBridgeError"} <= listed


def test_signatures_are_the_parameters_positions_first() -> None:
    signature = inspect.signature(ps.Initialize_ChatCompletionRequestUserMessage)
    assert list(signature.parameters) == ["Content", "Role", "Name"]
    direct = inspect.signature(ps.New_ChatCompletion).parameters
    assert direct["CreateChatCompletionRequest"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert direct["Messages"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("entry", list(entries()), ids=lambda entry: str(entry.name))
def test_help_tells_every_parameter(entry: TableEntry) -> None:
    text = pydoc.plain(pydoc.render_doc(getattr(ps, entry.python_name)))
    for parameter in entry.parameters:
        assert f"{parameter.name} [{parameter.dotnet}]" in text and parameter.help in text
        assert not parameter.values or ", ".join(parameter.values) in text


def test_type_checkers_see_real_signatures() -> None:
    """`tests/typing/api.py` holds right calls, and wrong ones whose errors mypy must find."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", "tests/typing/api.py"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
