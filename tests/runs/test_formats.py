"""Rows in and out of files: what is detected, what a bad row becomes, what comes out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge.runs.errors import InputError
from psbridge.runs.reading import SourceRow, rows_of, source

from .conftest import TEMPLATE, Counting, Tickets

ROWS = [{"Id": "0", "Text": "größer, 価格 🙂"}, {"Id": "1", "Text": "b"}]


def read(path: Path, **given: str) -> list[SourceRow]:
    return list(source(path, **given).rows())


def values(path: Path, **given: str) -> list[dict[str, Any]]:
    rows = read(path, **given)
    assert not [row.problem for row in rows if row.problem]
    return [dict(row.values) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_of_a_table_are_detected(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        table = csv.DictWriter(file, ["Id", "Text"], delimiter=delimiter)
        table.writeheader()
        table.writerows(ROWS)
    assert values(path) == ROWS


def test_what_is_not_utf_8_is_windows_western(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("Id,Text\n0,größer: 5 €\n".encode("cp1252"))
    assert values(path) == [{"Id": "0", "Text": "größer: 5 €"}]
    path.write_bytes("Id,Text\n0,żółw\n".encode("cp1250"))
    assert values(path, encoding="cp1250") == [{"Id": "0", "Text": "żółw"}]


def test_a_letter_that_is_not_utf_8_far_down_is_still_seen(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = "".join(f"{number},{'x' * 1000}\n" for number in range(2000))
    path.write_bytes(b"Id,Text\n" + lines.encode() + "z,größer\n".encode("cp1252"))
    assert values(path)[-1] == {"Id": "z", "Text": "größer"}


def test_tabs_by_the_name_of_the_file_and_a_delimiter_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("Id,x\tText\n0\ta,b\n", encoding="utf-8")
    assert values(path) == [{"Id,x": "0", "Text": "a,b"}]
    other = tmp_path / "t.csv"
    other.write_text("Id:Text\n0:a,b\n", encoding="utf-8")
    assert values(other, delimiter=":") == [{"Id": "0", "Text": "a,b"}]


def test_json_lines_and_json_arrays(tmp_path: Path) -> None:
    lines = tmp_path / "t.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n\n" for row in ROWS), encoding="utf-8")
    assert values(lines) == ROWS
    array = tmp_path / "t.json"
    array.write_text("\ufeff" + json.dumps(ROWS, indent=2, ensure_ascii=False), encoding="utf-8")
    assert values(array) == ROWS


def test_a_large_json_array_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    many = [{"Id": number, "Text": "x" * 5000} for number in range(1000)]
    path.write_text(json.dumps(many), encoding="utf-8")
    assert values(path) == many


def test_parquet_and_workbooks(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "t.parquet")
    assert values(tmp_path / "t.parquet") == ROWS
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Id", "Text"])
    for row in ROWS:
        book.active.append(list(row.values()))
    book.save(tmp_path / "t.xlsx")
    assert values(tmp_path / "t.xlsx") == ROWS


def damaged(name: str) -> bytes:
    """A file that begins and ends as one of its format does, and is broken between."""
    file = io.BytesIO()
    if name == "t.parquet":
        pyarrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table({"Id": ["a", "b"]}), file)
        return file.getvalue()[:4] + b"\xff" * 8 + file.getvalue()[12:]
    pytest.importorskip("openpyxl").Workbook().save(file)
    whole, broken = zipfile.ZipFile(file), io.BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        for part in whole.namelist():
            archive.writestr(part, b"<worksheet" if "sheet1" in part else whole.read(part))
    return broken.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b""),
        ("t.csv", b"a,a\n1,2\n"),
        ("t.json", b'{"a": 1}'),
        ("t.json", b'[{"a": 1}, {"a"'),
        ("t.parquet", b"not parquet"),
        ("t.xlsx", b"not a workbook"),
        ("t.parquet", None),
        ("t.xlsx", None),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    path.write_bytes(content if content is not None else damaged(name))
    with pytest.raises(InputError) as caught:
        read(path)
    assert name in caught.value.message


def test_any_iterable_is_rows() -> None:
    class Ticket:
        def __init__(self) -> None:
            self.Id = 1

    rows = list(rows_of([{"Id": 0}, Ticket(), '{"Id": 2}', "a text", 5]))
    assert [dict(row.values) for row in rows[:4]] == [{"Id": 0}, {"Id": 1}, {"Id": 2}, {"Text": "a text"}]
    assert rows[4].problem


def test_a_bad_row_is_an_error_row_and_not_the_end(tickets: Tickets, counting: Counting) -> None:
    tickets.source.write_text('Id,Text\n0,a\n1\n2,b,c,d\n3,"x"y\n,e\n5,f\n', encoding="utf-8")
    done = tickets.run()
    assert done.returncode == 1, done.stderr
    rows = tickets.rows()
    assert [row["Answer"] for row in rows] == ["answer to p-0", "", "", "", "", "answer to p-5"]
    assert [bool(row["Error"]) for row in rows] == [False, True, True, True, True, False]
    assert "1 fields, the header 2" in rows[1]["Error"]
    assert counting.stats["calls"] == 2
    # Mended, the same line asks for what is new, and for nothing else.
    tickets.source.write_text("Id,Text\n0,a\n1,z\n2,b\n5,f\n", encoding="utf-8")
    done = tickets.run()
    assert done.returncode == 0, done.stderr
    assert [row["Answer"] for row in tickets.rows()] == [f"answer to p-{number}" for number in (0, 1, 2, 5)]
    assert counting.stats["calls"] == 4


def test_a_line_that_is_not_json_is_an_error_row(tickets: Tickets) -> None:
    tickets.source = tickets.folder / "t.jsonl"
    tickets.source.write_text('{"Id": 0, "Text": "a"}\n{broken\n[1]\n{"Id": 3}\n', encoding="utf-8")
    done = tickets.run()
    assert done.returncode == 1, done.stderr
    rows = tickets.rows()
    assert [bool(row["Error"]) for row in rows] == [False, True, True, True]
    assert "not JSON" in rows[1]["Error"] and "Text" in rows[3]["Error"]


def test_half_of_a_surrogate_pair_is_an_error_row_and_not_the_end(tickets: Tickets) -> None:
    tickets.source = tickets.folder / "t.jsonl"
    lines = [
        '{"Id": "0", "Text": "a\\ud83d"}',
        '{"Id": "\\udc00", "Text": "b"}',
        '{"Id": "2", "Te\\ud83d": 1}',
    ]
    tickets.source.write_text("\n".join([*lines, '{"Id": "3", "Text": "\\ud83d\\ude00"}']), encoding="utf-8")
    assert "bad rows: 3" in tickets.run("--dry-run").stdout
    done = tickets.run()
    assert done.returncode == 1, done.stderr
    rows = tickets.rows()
    assert [row["Id"] for row in rows] == ["0", "\ufffd", "2", "3"]
    assert [bool(row["Error"]) for row in rows] == [True, True, True, False]
    assert rows[0]["Text"] == "a\ufffd" and rows[3]["Text"] == "\U0001f600"
    assert tickets.run().returncode == 1, "the same line is the same run"


def test_output_as_json_lines_keeps_the_values(tickets: Tickets) -> None:
    tickets.source = tickets.folder / "t.jsonl"
    rows = [{"Id": 0, "Text": "a", "More": {"x": [1, None]}, "Flag": True}, {"Id": 1, "Text": "ü"}]
    tickets.source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    tickets.out = tickets.folder / "o.jsonl"
    assert tickets.run().returncode == 0
    written = [json.loads(line) for line in tickets.out.read_text(encoding="utf-8").splitlines()]
    assert written == [
        {**row, "Answer": f"answer to p-{number}", "Error": ""} for number, row in enumerate(rows)
    ]


def test_output_as_parquet_has_types(tickets: Tickets) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    tickets.source = tickets.folder / "t.jsonl"
    rows = [{"Id": number, "Text": "a", "Score": number / 2} for number in range(3)]
    tickets.source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    tickets.out = tickets.folder / "o.parquet"
    assert tickets.run().returncode == 0
    written = parquet.read_table(tickets.out).to_pylist()
    assert written == [{**row, "Answer": f"answer to p-{row['Id']}", "Error": ""} for row in rows]


def test_columns_of_the_input_that_have_our_names_stay(tickets: Tickets) -> None:
    tickets.source.write_text("Id,Text,Answer,error\n0,a,mine,too\n", encoding="utf-8")
    assert tickets.run().returncode == 0
    (row,) = tickets.rows()
    assert row == {
        "Id": "0",
        "Text": "a",
        "Answer": "mine",
        "error": "too",
        "Answer2": "answer to p-0",
        "Error2": "",
    }


def test_a_template_names_columns_in_any_case_and_doubles_braces(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.source.write_text("ID,text\n0,a {b}\n", encoding="utf-8")
    done = tickets.psbridge(*tickets.line("--dry-run", template="p-{id} {{x}} {Text}"))
    assert done.returncode == 0, done.stderr
    assert '"content": "p-0 {x} a {b}"' in done.stdout


def test_rows_without_an_id_column_are_known_by_their_number(tickets: Tickets) -> None:
    tickets.source.write_text("Id,Text\n0,a\n1,b\n", encoding="utf-8")
    line = ["run", str(tickets.source), "--template", TEMPLATE, "--out", str(tickets.out)]
    assert tickets.psbridge(*line).returncode == 0
    tickets.check_whole(2)


def test_a_quote_that_nothing_ends_takes_no_further_row_with_it(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('Id,Text\n0,"a\n1,b\n2,"c\nd"\n3,"e\n', encoding="utf-8")
    rows = read(path)
    assert [dict(row.values) for row in rows if not row.problem] == [
        {"Id": "1", "Text": "b"},
        {"Id": "2", "Text": "c\nd"},
    ]
    bad = [row for row in rows if row.problem]
    assert [row.values["Line"] for row in bad] == ['0,"a', '3,"e']
    assert [row.problem.partition(":")[0] for row in bad] == ["line 2", "line 6"]


def test_a_row_with_too_many_fields_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Id,Text\n0,a,b\n", encoding="utf-8")
    (row,) = read(path)
    assert row.problem and dict(row.values) == {"Id": "0", "Text": "a", "Column3": "b"}


def test_a_stray_zero_does_not_make_it_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Id,Text\n0,a\0b\n1,c\n")
    assert values(path) == [{"Id": "0", "Text": "a\0b"}, {"Id": "1", "Text": "c"}]


@pytest.mark.parametrize("encoding", ["base64", "undefined", "utf-16"])
def test_what_the_file_is_not_encoded_in_is_one_sentence(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Id,Text\n0,a\n")
    with pytest.raises(InputError, match=encoding):
        read(path, encoding=encoding)


def written(folder: Path, name: str, rows: Any) -> Path:
    """An output of rows that were not asked."""
    out = folder / name
    with ps.use_configuration(base_url="http://127.0.0.1:9/v1", access_token="k", proxy=""):
        run = ps.Run(folder / "t.db", rows, id="Id", template="{Text}", model="m", max_requests=0, out=out)
        assert run.start().wait() is not None
    return out


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    source.write_text("Id,Text\n", encoding="utf-8")
    assert written(tmp_path, "o.csv", source).read_text(encoding="utf-8") == "Id,Text,Answer,Error\n"


def test_a_stray_zero_is_written(tmp_path: Path) -> None:
    rows = [{"Id": "0", "Text": 'a\0"b'}, {"Id": "1", "Text": "c\ufdd0"}]
    text = written(tmp_path, "o.csv", rows).read_text(encoding="utf-8")
    assert text.splitlines()[1:] == ['0,"a\0""b",,', "1,c\ufdd0,,"]


def test_json_has_no_word_for_what_is_not_finite(tmp_path: Path) -> None:
    rows = [{"Id": 1, "Text": "a", "X": float("nan"), "Y": [float("inf"), 1]}, {"Id": 2, "X": float("nan")}]
    out = written(tmp_path, "o.jsonl", rows)
    lines = [
        json.loads(line, parse_constant=pytest.fail)
        for path in (out, tmp_path / "o.failed.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert [(line["X"], line.get("Y")) for line in lines] == [(None, [None, 1]), (None, None), (None, None)]


def test_numbers_beyond_64_bits_are_text_in_parquet(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"Id": 1, "Text": "a", "X": 10**20, "Y": 1.5}, {"Id": 2, "Text": "b", "X": 7, "Y": 2**60 + 1}]
    table = parquet.read_table(written(tmp_path, "o.parquet", rows)).to_pylist()
    assert [row["X"] for row in table] == [str(10**20), "7"]
    assert [row["Y"] for row in table] == [1.5, float(2**60 + 1)]
