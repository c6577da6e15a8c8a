"""What the generator refuses: in one sentence, with exit code 2, and with nothing written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.generate import render
from psbridge.generate.render import Output, RenderError, write

from .conftest import DATA, Inputs


def test_a_missing_line_of_help_is_named(inputs: Inputs) -> None:
    for line, named in (
        ("    Colour: Its colour.\n", "parameters > Ticket > Colour"),
        ("  Shared: What tickets share.\n", "models > Shared"),
        ("    Type: The kind of line, 'text' or 'photo'.\n", "parameters > Line > Type"),
        ("    Id: Which one.\n", "parameters > Get-UrlFromHostSetting > Id"),
        ("  Get-HostSetting: Lists hosts.\n", "cmdlets > Get-HostSetting"),
    ):
        inputs.change(HELP, line, "")
        assert inputs.refusal() == f"help.yaml has no line for {named}"
        (inputs.folder / HELP).write_bytes((DATA / HELP).read_bytes())


def test_a_line_of_help_that_nothing_uses_is_named(inputs: Inputs) -> None:
    for line, more, named in (
        ("models:\n", "  Nobody: Not there.\n", "models > Nobody"),
        ("  Ticket:\n", "    Size: Not there.\n", "parameters > Ticket > Size"),
        ("    Id: Which one.\n", "    Count: Not there.\n", "parameters > Get-UrlFromHostSetting > Count"),
        ("cmdlets:\n", "  Remove-All: Not there.\n", "cmdlets > Remove-All"),
    ):
        inputs.change(HELP, line, line + more)
        assert inputs.refusal() == f"tickets/help.yaml has a line that nothing uses: {named}"
        (inputs.folder / HELP).write_bytes((DATA / HELP).read_bytes())


def test_a_line_of_help_is_one_line_of_ascii(inputs: Inputs) -> None:
    inputs.change(HELP, "Its colour.", '"Its\\ncolour."')
    assert inputs.refusal() == "help.yaml: parameters > Ticket > Colour must be one line of ASCII"


HELP = "families/tickets/help.yaml"
CMDLETS = "families/tickets/cmdlets.yaml"
NOT_ONE = "not an OpenAPI description with paths and schemas"


@pytest.mark.parametrize("file", ["newest.yaml", "oldest.yaml"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", NOT_ONE),
        (b"just text", NOT_ONE),
        (b"- a\n- b\n", NOT_ONE),
        (b"paths: [1]\n", NOT_ONE),
        (b"paths: {/tickets: {}}\n", NOT_ONE),
        (b"a: b: c\n", "not YAML at line 1"),
        (b"a: [\n", "not YAML at line 2"),
        (b"a: \x00\n", "not YAML"),
        (b"\xff\xfe\x00\xd8", "not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_no_description_is_refused(inputs: Inputs, file: str, content: bytes, reason: str) -> None:
    (inputs.folder / file).write_bytes(content)
    assert inputs.refusal() == f"{inputs.folder / file}: {reason}"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("page:", "paeg:", "tickets/cmdlets.yaml: a family has at least a 'page'"),
        (
            "page:",
            "rootz: [Line]\npage:",
            "tickets/cmdlets.yaml: 'rootz' is not a key. "
            "Keys: cmdlets, configured, modules, page, prefix, roots, samples, suggests, types, warm.",
        ),
        (
            "page:",
            "roots: [Nobody]\npage:",
            "there is no schema Nobody, which the family tickets names",
        ),
        (
            "prefix: /tickets",
            "prefix: /boats",
            "the newest description: there is no path /boats, which the family tickets has",
        ),
        (
            '"/tickets/{id}"',
            '"/tickets/{number}"',
            "tickets: Get-UrlFromHostSetting: no parameter Number fills {number} of /tickets/{number}.",
        ),
        (
            "body: MoveTicketRequest",
            "body: Nobody",
            "tickets: Get-UrlFromHostSetting: there is no model Nobody for the body of /tickets/{id}.",
        ),
        (
            "method: POST",
            "method: PUSH",
            "tickets: Get-UrlFromHostSetting: "
            "an operation has a method (GET, POST, DELETE) and a path of /tickets.",
        ),
        ("cmdlets:", "cmdlets: [", "tickets/cmdlets.yaml: not YAML at line 6"),
    ],
)
def test_a_family_that_does_not_say_what_it_has_to_is_refused(
    inputs: Inputs, old: str, new: str, reason: str
) -> None:
    inputs.change(CMDLETS, old, new)
    assert inputs.refusal() == reason


def test_a_missing_file_is_refused_by_name(inputs: Inputs) -> None:
    (inputs.folder / "newest.yaml").unlink()
    assert inputs.refusal() == f"{inputs.folder / 'newest.yaml'}: No such file or directory"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("schemas/Person", "schemas/Nobody", "there is no schema Nobody, which Ticket refers to"),
        (
            "title: {type: string, maxLength: 64}",
            "title: {type: mystery}",
            "TicketTitle has the type mystery, which is not known here",
        ),
        (
            "title: {type: string, maxLength: 64}",
            "title: 5",
            "Ticket is not written as OpenAPI has it",
        ),
        (
            "operationId: moveTicket",
            "summary: moveTicket",
            "an operation of /tickets/{id} is not written as OpenAPI has it",
        ),
        (
            "    Person:\n      type: object\n      required: [name]\n",
            '    Person:\n      $ref: "#/components/schemas/Person"\n',
            "Person is defined by nothing but itself",
        ),
    ],
)
def test_a_schema_that_cannot_be_followed_is_named(inputs: Inputs, old: str, new: str, reason: str) -> None:
    inputs.change("newest.yaml", old, new)
    assert inputs.refusal() == f"the newest description: {reason}"


def test_a_cmdlet_without_an_example_is_named(inputs: Inputs) -> None:
    inputs.change(HELP, "  Get-HostSetting:\n    - says", "  Get-Nothing:\n    - says")
    assert inputs.refusal() == "help.yaml has no examples of Get-HostSetting"


def test_an_example_without_code_is_refused(inputs: Inputs) -> None:
    inputs.change(HELP, "powershell: Get-HostSetting", "shell: Get-HostSetting")
    refusal = inputs.refusal()
    assert refusal == "help.yaml: an example of Get-HostSetting has 'says', 'powershell' and 'python'"


def test_files_that_cannot_be_formatted_leave_all_others_as_they_were(tmp_path: Path) -> None:
    outputs = [Output(tmp_path / "good.py", "x = 1\n"), Output(tmp_path / "bad.py", "x = (\n")]
    with pytest.raises(RenderError, match=r"ruff could not format bad\.py: "):
        write(outputs)
    assert [*tmp_path.iterdir()] == []


def test_a_disk_that_refuses_one_file_leaves_all_others_as_they_were(tmp_path: Path) -> None:
    """A file stands where a folder would have to be."""
    (tmp_path / "one.md").write_text("before\n", encoding="utf-8")
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(OSError):
        write([Output(tmp_path / "one.md", "after\n"), Output(tmp_path / "taken" / "two.md", "after\n")])
    assert (tmp_path / "one.md").read_text(encoding="utf-8") == "before\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.md", "taken"]


def test_the_command_ends_with_2_and_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "psbridge.generate", "--spec", "none.yaml", "--names", "none.yaml"]
    done = subprocess.run([*command, "--root", str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "psbridge.generate: none.yaml: No such file or directory\n"
    assert render.HEADER.startswith("Generated by")
