"""Members of .NET's types, measured on PowerShell 7.6.5: results, and what their own checks refuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from psbridge.script import run


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        # Convert and Parse: digits of any base, whose highest bit is the sign
        ("[Convert]::ToInt32('FFFFFFFF', 16)", "-1"),
        ("[Convert]::ToInt16('FFFF', 16)", "-1"),
        ("[Convert]::ToSByte('80', 16)", "-128"),
        ("[Convert]::ToByte('ff', 16)", "255"),
        ("[Convert]::ToUInt32('FFFFFFFF', 16)", "4294967295"),
        ("[Convert]::ToUInt64('FFFFFFFFFFFFFFFF', 16)", "18446744073709551615"),
        ("[Convert]::ToInt64('777', 8)", "511"),
        ("[Convert]::ToInt32('0x1F', 16)", "31"),
        ("[Convert]::ToInt32('-12', 10)", "-12"),
        ("[int]::Parse('FFFFFFFF', 'HexNumber')", "-1"),
        ("[byte]::Parse('ff', 'HexNumber')", "255"),
        ("[long]::Parse('FFFFFFFFFFFFFFFF', 'HexNumber')", "-1"),
        ("[int]::Parse(' ff ', 'HexNumber')", "255"),
        ("[int]::Parse('ff', 'AllowHexSpecifier')", "255"),
        ("[bigint]::Parse('9' * 5000).ToString().Length", "5000"),
        ("[bigint]('9' * 5000) -gt 0", "True"),
        ("[bigint]'1,000'", "1000"),
        ("[bigint]::Pow(10, 400) % 7", "4"),
        ("[bigint]::Pow(-10, 401) % 7", "-5"),
        ("(-7) % 3", "-1"),
        ("[bigint]::Pow(10, 5000).ToString('N0').Length", "6667"),
        ("[bigint]::Pow(10, 3).ToString('N1')", "1,000.0"),
        ("([bigint]::Pow(10, 5000) | ConvertTo-Json).Length", "5001"),
        ("(1.5d).ToString('N500').Length", "502"),
        ("(79228162514264337593543950335d).ToString('P0')", "7,922,816,251,426,433,759,354,395,033,500 %"),
        ("(-1234567).ToString('N0')", "-1,234,567"),
        ("(0.5).ToString('P1')", "50.0 %"),
        # Math
        ("[math]::Cbrt(64)", "4"),
        ("[math]::Cbrt(-27)", "-3"),
        ("[math]::Log(8, 2)", "3"),
        ("[math]::Log(8, 0)", "NaN"),
        ("[math]::Log(8, 1)", "NaN"),
        ("[math]::Log(8, -2)", "NaN"),
        ("[math]::Log(1, 0)", "-0"),
        ("[math]::IEEERemainder(3, 0)", "NaN"),
        ("[math]::Pow(-10, 309)", "-Infinity"),
        ("[math]::Pow(-0.0, -3)", "-Infinity"),
        ("[math]::Sinh(-1000)", "-Infinity"),
        # Comparing
        ("[StringComparer]::Ordinal.Compare('a', 'B')", "31"),
        ("[StringComparer]::OrdinalIgnoreCase.Compare('a', 'C')", "-2"),
        ("[StringComparer]::InvariantCulture.Compare('a', 'B')", "-1"),
        ("[string]::Compare('a', 'B', [StringComparison]::Ordinal)", "31"),
        ("[StringComparer]::OrdinalIgnoreCase.Equals('ß', 'SS')", "False"),
        ("[StringComparer]::OrdinalIgnoreCase.Equals('É', 'é')", "True"),
        ("[Globalization.CultureInfo]::InvariantCulture.TextInfo.ToUpper('straße')", "STRAßE"),
        ("[semver]'1.0.0-alpha.10' -gt [semver]'1.0.0-alpha.9'", "True"),
        ("[semver]'1.0.0-alpha' -gt [semver]'1.0.0-1'", "True"),
        ("[semver]'1.0.0-alpha.1' -gt [semver]'1.0.0-alpha'", "True"),
        ("[semver]'1.0.0' -eq 'abc'", "False"),
        # Lists
        ("[array]::BinarySearch(@(1, 3, 5), 4)", "-3"),
        ("[array]::BinarySearch(@(1, 3, 5), 3)", "1"),
        ("[array]::BinarySearch([string[]]@('a', 'c'), 'b')", "-2"),
        ("([Collections.Generic.List[int]]@(1, 3, 5)).BinarySearch(6)", "-4"),
        ("('a' + ',' * 5 + 'b').Split(',', 2, 'RemoveEmptyEntries') -join '|'", "a|b"),
        # Time
        ("$w = [Diagnostics.Stopwatch]::new(); $w.Restart(); $w.IsRunning", "True"),
        ("[datetime]::FromFileTimeUtc(133500000001234567).Ticks", "638411232001234567"),
        ("[datetime]::FromFileTime(133500000001234567).Ticks", "638411232001234567"),
        ("[DateTimeOffset]::FromUnixTimeSeconds(-1).ToString('o')", "1969-12-31T23:59:59.0000000+00:00"),
        (
            "[DateTimeOffset]::Parse('2024-01-01T00:00:00.1234567Z').ToString('o')",
            "2024-01-01T00:00:00.1234567+00:00",
        ),
        (
            "[DateTimeOffset]::Parse('2024-01-31T00:00:00+05:30').AddMonths(1).ToString('o')",
            "2024-02-29T00:00:00.0000000+05:30",
        ),
        ("[TimeZoneInfo]::FindSystemTimeZoneById('Europe/Berlin').BaseUtcOffset.ToString()", "01:00:00"),
        # Random numbers and identifiers
        ("[guid]::CreateVersion7().Version", "7"),
        (
            "$r = [Security.Cryptography.RandomNumberGenerator]::Create(); $b = [byte[]]::new(64); "
            "$r.GetBytes($b); @($b | Where-Object { $_ }).Count -gt 0",
            "True",
        ),
        # Text, streams and encodings
        (
            "$m = [IO.MemoryStream]::new(); $w = [IO.StreamWriter]::new($m); $w.Write('ab'); $w.Close(); "
            "$m.ToArray() -join ','",
            "97,98",
        ),
        (
            "$m = [IO.MemoryStream]::new(); $w = [IO.StreamWriter]::new($m, [Text.Encoding]::UTF8); "
            "$w.Write('ab'); $w.Flush(); $m.ToArray() -join ','",
            "239,187,191,97,98",
        ),
        ("[Text.Encoding]::BigEndianUnicode.CodePage", "1201"),
        ("[Text.Encoding]::UTF32.CodePage", "12000"),
        ("[Web.HttpUtility]::UrlEncode('a b&é/%')", "a+b%26%c3%a9%2f%25"),
        (
            r"""[Web.HttpUtility]::JavaScriptStringEncode("é<'>&""\`n/")""",
            r"é\u003c\u0027\u003e\u0026\"\\\n/",
        ),
        ('[WildcardPattern]::Unescape("a``*``[b``````c")', "a*[b``c"),
        (
            "[Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent("
            '"it$([char]39)s $([char]0x2019)x")',
            "it''s \u2019\u2019x",
        ),
        ("$s = [Security.SecureString]::new(); $s.IsReadOnly(); $s.AppendChar('a'); $s.Length", "False 1"),
        ("(ConvertTo-SecureString x -AsPlainText -Force).IsReadOnly()", "True"),
        # XML: names go without their prefix, namespaces stay as they are written
        ("([xml]\"<r xmlns='u'><a>1</a></r>\").r.a", "1"),
        ("([xml]\"<r xmlns:x='u'><x:a>1</x:a></r>\").r.a", "1"),
        ("([xml]\"<r xmlns:x='u'><x:a>1</x:a></r>\").r.OuterXml", '<r xmlns:x="u"><x:a>1</x:a></r>'),
        ("([xml]\"<r xmlns='u'><a k='1'/></r>\").OuterXml", '<r xmlns="u"><a k="1" /></r>'),
        ("([xml]\"<r xmlns:x='u'><x:a>1</x:a></r>\").r.ChildNodes[0].Name", "x:a"),
        ("([xml]\"<r xmlns='u'><a>1</a></r>\").SelectNodes('//a').Count", "0"),
        ("([xml]\"<r xmlns='u'/>\").r.xmlns", "u"),
        ('([xml]"<r>`n <a/>`n</r>").OuterXml', "<r><a /></r>"),
    ],
)
def test_a_member_gives_what_dotnet_gives(script: str, shown: str) -> None:
    assert run(f"(& {{ {script} }}) -join ' '").output == [shown]


@pytest.mark.parametrize(
    ("script", "kind", "why"),
    [
        ("[Convert]::ToInt32('1FFFFFFFF', 16)", "OverflowException", "too large or too small for a UInt32"),
        ("[Convert]::ToInt32('99999999999', 10)", "OverflowException", "too large or too small for an Int32"),
        ("[Convert]::ToByte('1FF', 16)", "OverflowException", "too small for an unsigned byte"),
        ("[Convert]::ToByte('zz', 16)", "FormatException", "Could not find any recognizable digits"),
        ("[Convert]::ToInt32('1_0', 10)", "FormatException", "Additional non-parsable characters"),
        ("[Convert]::ToInt32('0b11', 2)", "FormatException", "Additional non-parsable characters"),
        ("[Convert]::ToInt32(' 12', 10)", "FormatException", "Could not find any recognizable digits"),
        ("[Convert]::ToInt32('', 16)", "ArgumentOutOfRangeException", "Index was out of range"),
        ("[Convert]::ToInt32('-1', 16)", "ArgumentException", "cannot contain a minus sign"),
        ("[Convert]::ToUInt16('-1', 10)", "OverflowException", "could not have a negative sign"),
        ("[Convert]::ToInt32('12', 7)", "ArgumentException", "Invalid Base"),
        ("[Convert]::FromHexString('abc')", "FormatException", "length is not a multiple of 2"),
        ("[Convert]::FromHexString('zz')", "FormatException", "contains a non-hex character"),
        ("[int]::Parse('1FFFFFFFF', 'HexNumber')", "OverflowException", "too small for an Int32"),
        ("[int]::Parse('zz', 'HexNumber')", "FormatException", "'zz' was not in a correct format"),
        ("[array]::Copy(@(1, 2, 3), [int[]]::new(2), 3)", "ArgumentException", "Destination array was not"),
        ("@(1, 2, 3).GetValue(-1)", "IndexOutOfRangeException", "outside the bounds of the array"),
        ("([Collections.Generic.List[int]]@(1, 2)).GetRange(1, 5)", "ArgumentException", "Offset and length"),
        ("[timespan]::FromDays(1e10)", "OverflowException", "the duration is too long"),
        ("[datetime]::DaysInMonth(2024, 13)", "ArgumentOutOfRangeException", "between one and twelve"),
        ("[DateTimeOffset]::Parse('20240101')", "FormatException", "'20240101' was not recognized"),
        (
            "[DateTimeOffset]::FromUnixTimeSeconds(99999999999999)",
            "ArgumentOutOfRangeException",
            "Valid values are between -62135596800 and 253402300799, inclusive.",
        ),
        ("[IO.Directory]::GetFiles('/etc/hosts')", "DirectoryNotFoundException", "Could not find a part"),
        ("([IO.FileInfo]'/none.txt').CopyTo('/tmp/x')", "FileNotFoundException", "Could not find file"),
        (
            "$m = [IO.MemoryStream]::new(); $w = [IO.StreamWriter]::new($m); $w.Close(); $w.Write('x')",
            "ObjectDisposedException",
            "Cannot write to a closed TextWriter",
        ),
        (
            "$s = [Security.SecureString]::new(); $s.MakeReadOnly(); $s.AppendChar('b')",
            "InvalidOperationException",
            "read-only",
        ),
    ],
)
def test_a_member_refuses_what_dotnet_refuses(script: str, kind: str, why: str) -> None:
    caught = "$_.Exception.InnerException.GetType().Name; $_.Exception.Message"
    name, message = run(f"try {{ {script} }} catch {{ {caught} }}").output
    assert name == kind
    assert why in message


def test_a_listing_begins_as_the_folder_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "[a].txt"):
        (tmp_path / "sub" / name).write_text("", encoding="utf-8")
    asked = "[IO.Directory]::GetFiles('./sub', '[a]*')"
    assert run(f"Set-Location '{tmp_path}'; {asked}").output == [f"./sub{os.sep}[a].txt"]


@pytest.mark.parametrize("script", ["([xml]'<a/>').Save('made')", "[IO.Path]::GetTempFileName()"])
def test_nothing_is_written_where_nothing_may_be(script: str, tmp_path: Path) -> None:
    caught = "catch { $_.Exception.InnerException.GetType().Name }"
    ran = run(f"Set-Location '{tmp_path}'; try {{ {script} }} {caught}", read_only=True)
    assert ran.output == ["UnauthorizedAccessException"]
    assert not list(tmp_path.iterdir())
