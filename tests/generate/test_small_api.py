"""Names, order and types from the older description, content from the newer one."""

from __future__ import annotations

from typing import Any

import pytest

from psbridge.generate.__main__ import generate
from psbridge.models import InvalidValueError

from .conftest import DATA, Generated


def test_the_older_members_come_first_and_the_newer_ones_after(tickets: Generated) -> None:
    """A script that passes its arguments by position still means the same."""
    rows = tickets.parameters("Initialize-Ticket")
    assert [row.name for row in rows] == (
        "Labels Urgency Title Lines VarFunction Colour Floor Place Retired Details Owner First Second Stop "
        "Newcomer Watchers"
    ).split()
    assert [row.position for row in rows] == list(range(len(rows)))


def test_a_member_that_was_dropped_stays_and_is_never_required(tickets: Generated) -> None:
    retired = next(row for row in tickets.parameters("Initialize-Ticket") if row.name == "Retired")
    assert (retired.by_name, retired.required) == (True, False)
    assert "retired" in tickets.models["Ticket"].model_fields


def test_a_reserved_word_is_no_parameter_name(tickets: Generated) -> None:
    names = {row.name: row.wire for row in tickets.parameters("Initialize-Ticket")}
    assert names["VarFunction"] == "function"


def test_types_are_those_of_powershell(tickets: Generated) -> None:
    types = {row.name: row.dotnet for row in tickets.parameters("Initialize-Ticket")}
    assert types == {
        "Labels": "Hashtable",
        "Urgency": "Nullable[Decimal]",
        "Title": "String",
        "Lines": "PSCustomObject[]",
        "VarFunction": "String",
        "Colour": "String",
        "Floor": "Nullable[Int32]",
        "Place": "PSCustomObject",
        "Retired": "String",
        "Details": "PSCustomObject",
        "Owner": "PSCustomObject",
        "First": "PSCustomObject",
        "Second": "PSCustomObject",
        "Stop": "PSCustomObject",
        "Newcomer": "Nullable[Boolean]",
        "Watchers": "PSCustomObject[]",
    }
    assert tickets.parameters("Initialize-MoveTicketRequest")[0].dotnet == "Int32"


def test_listed_values_grow_at_the_end_and_old_ones_stay(tickets: Generated) -> None:
    colour = next(row for row in tickets.parameters("Initialize-Ticket") if row.name == "Colour")
    assert colour.values == ("red", "blue", "green")


def test_a_renamed_schema_keeps_its_old_name_with_todays_members(tickets: Generated) -> None:
    for old, new, added in (
        ("TicketDetails", "TicketDetailsParam", "Html"),
        ("TicketOwner", "Person", "Phone"),
    ):
        assert added in [row.name for row in tickets.parameters(f"Initialize-{old}")]
        assert tickets.parameters(f"Initialize-{old}") == tickets.parameters(f"Initialize-{new}")
    assert "owner: TicketOwner | None" in tickets.text("psbridge/models/tickets/models.py")


def test_inline_schemas_are_named_after_their_place(tickets: Generated) -> None:
    """And two that are written alike share the name of the first."""
    for name in (
        "TicketPlace",
        "TicketWatchersInner",
        "ReceiptEntriesInner",
        "MoveTicketRequest",
        "TicketFirst",
    ):
        assert f"Initialize-{name}" in tickets.tables
    assert "Initialize-TicketSecond" not in tickets.tables
    assert "second: TicketFirst | None" in tickets.text("psbridge/models/tickets/models.py")


def test_only_what_the_familys_paths_reach_is_generated(tickets: Generated) -> None:
    assert "Initialize-Elsewhere" not in tickets.tables


def ticket(tickets: Generated, **more: Any) -> Any:
    lines = [{"type": "text", "text": "hi"}]
    return tickets.models["Ticket"].build({"title": "t", "lines": lines, **more})


def test_null_is_allowed_however_the_description_says_it(tickets: Generated) -> None:
    """`nullable`, a null alternative, a null among the types, a null among the values."""
    for wire in ("urgency", "floor", "newcomer", "colour", "stop"):
        assert f'"{wire}":null' in ticket(tickets, **{wire: None}).model_dump_json()
    with pytest.raises(InvalidValueError, match="'Title' cannot be null"):
        ticket(tickets, title=None)


def test_limits_are_the_newer_ones(tickets: Generated) -> None:
    assert ticket(tickets, floor=30, urgency=1, stop=["a"] * 4)
    for members, message in (
        ({"floor": 31}, "'Floor', must be smaller than or equal to 30"),
        ({"urgency": 1.5}, "'Urgency', must be smaller than or equal to 1"),
        ({"title": "x" * 65}, "'Title', the character length must be smaller than or equal to 64"),
        ({"stop": ["a"] * 5}, "'Stop', number of items must be smaller than or equal to 4"),
        ({"lines": []}, "'Lines', number of items must be greater than or equal to 1"),
    ):
        with pytest.raises(InvalidValueError, match=message):
            ticket(tickets, **members)


def test_a_member_with_one_value_of_its_own_tells_alternatives_apart(tickets: Generated) -> None:
    """Whether it is written as an enum of one or as a constant; the older order is kept."""
    built = ticket(tickets, lines=[{"type": "PHOTO", "url": "u"}, {"type": "text", "text": "t", "url": "u"}])
    assert [type(line).__name__ for line in built.lines] == ["PhotoLine", "TextLine"]
    assert [row[:4] for row in tickets.parameters("Initialize-Line")] == [
        ("Type", "type", "String", ("text", "photo")),
        ("Text", "text", "String", ()),
        ("Url", "url", "String", ()),
        ("Width", "width", "Nullable[Int32]", ()),
    ]


def test_a_union_describes_in_its_own_words_what_its_kinds_describe_differently(tickets: Generated) -> None:
    rows = {row.name: row.help for row in tickets.parameters("Initialize-Line")}
    assert rows == {
        "Type": "The kind of line, 'text' or 'photo'.",
        "Text": "The text.",
        "Url": "Where the photo is.",
        "Width": "How wide it is.",
    }


def test_written_cmdlets_take_a_builders_parameters_by_name_only(tickets: Generated) -> None:
    number, connection, floor = tickets.parameters("Get-UrlFromHostSetting")
    assert (number.name, number.position, number.pipeline, number.sets) == ("Id", 0, True, ())
    assert (connection.name, connection.position) == ("Connection", None)  # every cmdlet that calls has it
    assert (floor.name, floor.position, floor.mandatory, floor.sets) == ("Floor", None, True, ("Move",))


def test_an_operation_says_what_each_parameter_fills(tickets: Generated) -> None:
    (operation,) = tickets.tables["Get-UrlFromHostSetting"].operations
    assert (operation.method, operation.path, operation.set) == ("POST", "/tickets/{id}", "Move")
    assert (operation.body, operation.reply, operation.places) == (
        "MoveTicketRequest",
        "Receipt",
        {"id": "Id"},
    )
    assert (operation.idempotent, operation.waits) == (False, True)
    assert tickets.tables["Get-UrlFromHostSetting"].waits
    assert not tickets.tables["Get-HostSetting"].waits


def test_generating_again_changes_nothing(tickets: Generated, capsys: pytest.CaptureFixture[str]) -> None:
    before = tickets.files()
    generate(DATA / "newest.yaml", DATA / "oldest.yaml", tickets.root, DATA / "families")
    assert capsys.readouterr().out == ""
    assert tickets.files() == before


def test_generating_elsewhere_gives_the_same_bytes(tickets: Generated, tmp_path: Any) -> None:
    generate(DATA / "newest.yaml", DATA / "oldest.yaml", tmp_path, DATA / "families")
    assert Generated(tmp_path).files() == tickets.files()


def test_a_file_that_is_no_longer_generated_goes_and_others_stay(tmp_path: Any) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    header = "<!-- Generated by `python -m psbridge.generate`; do not edit. -->\n"
    (docs / "Gone.md").write_text(header, encoding="utf-8")
    (docs / "Mine.md").write_text("# Mine\n", encoding="utf-8")
    generate(DATA / "newest.yaml", DATA / "oldest.yaml", tmp_path, DATA / "families")
    assert not (docs / "Gone.md").exists()
    assert (docs / "Mine.md").exists()


def test_every_model_has_a_page_with_its_properties(tickets: Generated) -> None:
    page = tickets.text("docs/Ticket.md")
    assert "**Colour** | **String** | Its colour. | one of `red`, `blue`, `green`" in page
    assert "**Floor** | **Nullable[Int32]** | Which floor. | 0 to 30" in page
    assert "**Lines** | [**Line[]**](Line.md) | Its lines. | required; at least 1 item" in page
    assert "**VarFunction** | **String** | What it is for. | deprecated" in page
    assert '$Ticket = Initialize-Ticket -Labels @{ team = "my-labels" } -Urgency 0.5 -Title "Toner" ' in page
    assert 'line = ps.Initialize_Line(Type="text", Text="' in page
    assert "[Ticket](Ticket.md) | A ticket." in tickets.text("docs/README.md")
