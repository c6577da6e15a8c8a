"""What importing costs, what help() shows, and what type checkers see."""

from __future__ import annotations

import inspect
import pydoc
import re
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
        assert re.search(rf"\b{parameter.name} \[[^]]+; {re.escape(parameter.dotnet)}\]", text)
        assert parameter.help in text
        assert not parameter.values or ", ".join(parameter.values) in text


def test_help_says_in_pythons_words_what_a_parameter_takes() -> None:
    text = pydoc.plain(pydoc.render_doc(ps.New_ChatCompletion))
    assert "Messages [str | model | dict | list of these; PSCustomObject[]]: " in text
    assert "Model [str | model | dict; PSCustomObject]: " in text
    assert "MaxTokens [int; Nullable[Int32]]: " in text
    assert "AccessToken [str | SecureString; String]: " in pydoc.plain(pydoc.render_doc(ps.Set_Configuration))
    assert "File [str | Path | bytes | file; FileInfo]: " in pydoc.plain(pydoc.render_doc(ps.New_File))


def test_dir_and_help_begin_with_what_users_want() -> None:
    names = dir(ps)
    kinds = ["cmdlet", "other", "Initialize_", "ConvertFrom_JsonTo", "__"]

    def kind(name: str) -> int:
        for place, start in enumerate(kinds[2:], 2):
            if name.startswith(start):
                return place
        return 0 if hasattr(getattr(ps, name), "entry") else 1

    places = [kind(name) for name in names]
    assert places == sorted(places) and set(places) == {0, 1, 2, 3, 4}
    assert names[0] == "Copy_ChatSession"
    text = pydoc.plain(pydoc.render_doc(ps))
    functions = text[text.index("\nFUNCTIONS\n") :]
    assert (
        functions.index("New_ChatCompletion(")
        < functions.index("Initialize_")
        < functions.index("ConvertFrom_")
    )


def test_a_replys_completions_are_its_fields(server: ps.OfflineServer) -> None:
    """And not what pydantic keeps inside."""
    reply = ps.New_ChatCompletion(Messages="hi", Model="gpt-4o")
    shown = [name for name in dir(reply) if not name.startswith("model_")]
    assert {"id", "choices", "usage"} <= set(shown)
    assert not {"construct", "parse_raw", "validate", "json"} & set(dir(reply))


def test_type_checkers_see_real_signatures() -> None:
    """`tests/typing/api.py` holds right calls, and wrong ones whose errors mypy must find."""
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", "tests/typing/api.py"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
