"""Cultures that are not known, or cannot be the session's: an error says so."""

from __future__ import annotations

import datetime

import pytest

from psbridge.binding import nettypes
from psbridge.errors import PSBridgeError
from psbridge.script import run
from psbridge.script.semantics.culturenumbers import format_number_in, plain_number
from psbridge.script.semantics.cultures import formats, known_names
from psbridge.script.semantics.dateformat import format_date, parse_exact

UNKNOWN = (
    "(1.5).ToString('N', [cultureinfo]'is-IS')",
    "(1.5).ToString([cultureinfo]'is-IS')",
    "[string]::Format([cultureinfo]'is-IS', '{0}', 1.5)",
    "([datetime]'2024-05-06').ToString('d', [cultureinfo]'is-IS')",
    "([timespan]'1:2').ToString('g', [cultureinfo]'is-IS')",
    "[double]::Parse('1', [cultureinfo]'is-IS')",
    "[double]::TryParse('1', [Globalization.NumberStyles]::Any, [cultureinfo]'is-IS', [ref]([double]0))",
    "[datetime]::Parse('2024-05-06', [cultureinfo]'is-IS')",
    "$d = [datetime]0; [datetime]::TryParse('x', [cultureinfo]'is-IS', 'None', [ref]$d)",
    "[convert]::ToDouble('1', [cultureinfo]'is-IS')",
    "'i'.ToUpper([cultureinfo]'is-IS')",
    "[cultureinfo]::GetCultureInfo('is-IS').DisplayName",
    "[cultureinfo]::GetCultureInfo('is-IS').NumberFormat.NumberGroupSeparator",
    "Get-Culture -Name is-IS",
)


@pytest.mark.parametrize("script", UNKNOWN)
def test_a_culture_of_which_no_figures_are_known_is_named_with_those_that_are(script: str) -> None:
    with pytest.raises(PSBridgeError) as caught:
        run(f"$ErrorActionPreference = 'Stop'; {script}")
    assert "is-IS" in str(caught.value)
    assert "de-DE" in str(caught.value)


@pytest.mark.parametrize(
    "script",
    [
        "[cultureinfo]::CurrentCulture = 'de-DE'",
        "[Threading.Thread]::CurrentThread.CurrentCulture = [cultureinfo]'de-DE'",
        "[System.Threading.Thread]::CurrentThread.CurrentUICulture = 'fr-FR'",
        "[cultureinfo]::DefaultThreadCurrentCulture = 'de-DE'",
    ],
)
def test_the_culture_of_a_session_stays_the_invariant_one(script: str) -> None:
    with pytest.raises(PSBridgeError, match="cannot be the culture of a session"):
        run(f"$ErrorActionPreference = 'Stop'; {script}")
    assert run(f"try {{ {script} }} catch {{ 'refused' }}; '{{0:N1}}' -f 1234.5").output == [
        "refused",
        "1,234.5",
    ]


def test_a_name_that_is_none_is_refused_as_in_powershell() -> None:
    script = "[cultureinfo]::GetCultureInfo('no!')"
    caught = "catch [Globalization.CultureNotFoundException] { 'none' }"
    assert run(f"try {{ {script} }} {caught}").output == ["none"]


def test_each_known_culture_reads_what_it_writes() -> None:
    moment = datetime.datetime(2024, 11, 25, 15, 4, 5)
    for name in known_names():
        culture = formats(name)
        for number in (-1234567.25, 0.5, 12.0):
            for spec in ("N2", "C2", "", "#,##0.00"):
                written = format_number_in(number, spec, culture)
                assert float(plain_number(written, culture, 511, nettypes.DOUBLE)) == number, (name, written)
        for spec in ("D", "dddd d MMMM yyyy", "d MMM yyyy"):
            read = parse_exact(format_date(moment, spec, culture), spec, culture)
            assert read == moment.replace(hour=0, minute=0, second=0), (name, spec)
