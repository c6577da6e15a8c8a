"""`psbridge.script.run`: a script's output, streams and errors as Python values."""

from __future__ import annotations

import psbridge.script
from psbridge.binding.values import Int64


def test_output_is_values() -> None:
    ran = psbridge.script.run("1; 'a'; [long]2; @{ k = 1 }; $null")
    assert ran.output[:2] == [1, "a"]
    assert isinstance(ran.output[2], Int64)
    assert ran.output[3]["K"] == 1


def test_errors_are_records_and_the_rest_still_runs() -> None:
    ran = psbridge.script.run("Write-Error 'one' -ErrorId Mine; 'after'")
    assert ran.output == ["after"]
    assert [record.error_id.partition(",")[0] for record in ran.errors] == ["Mine"]
