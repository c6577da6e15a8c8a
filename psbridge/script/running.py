"""`run`: a script's text, run here; what it put out as Python values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psbridge.binding.arguments import Argument
from psbridge.script.semantics.errors import ErrorRecord


@dataclass
class Ran:
    """What a script did.

    Attributes:
        output: the objects it put out: numbers, strings, lists, dictionaries, PSCustomObjects.
        errors: the error records it wrote.
        exit_code: what `exit` said; 0 without one.
        messages: what it wrote to the host: Write-Host, warnings and the like.
    """

    output: list[Any] = field(default_factory=list)
    errors: list[ErrorRecord] = field(default_factory=list)
    exit_code: int = 0
    messages: str = ""


def run(
    text: str,
    *,
    arguments: Sequence[object] = (),
    parameters: Mapping[str, object] | None = None,
    input: Iterable[object] | None = None,
    stdin: str = "",
    processes: bool = True,
    network: bool = True,
    read_only: bool = False,
) -> Ran:
    """Run a script.

    Args:
        text: PowerShell.
        arguments: values for its parameters by position.
        parameters: values by name.
        input: objects it finds in `$input`.
        stdin: what Read-Host and [Console]::In read.
        processes: whether it may start other programs.
        network: whether it may use the network.
        read_only: whether it may change files.

    Returns:
        What it put out and wrote.

    Raises:
        psbridge.PSBridgeError: the script cannot be parsed, or an error ended it; with PowerShell's error id.

    >>> run("param($n) 1..$n | ForEach-Object { $_ * 2 }", parameters={"n": 3}).output
    [2, 4, 6]
    """
    from .host import StringHost
    from .interpreter.engine import Options, Runtime

    host = StringHost(stdin)
    ran = Ran()
    host.error_record = ran.errors.append  # type: ignore[method-assign,assignment]
    session = Runtime(host, Options(processes=processes, network=network, read_only=read_only))
    given: list[Any] = list(arguments)
    given += [Argument(name, value) for name, value in (parameters or {}).items()]
    ran.exit_code = session.run_text(
        text, ran.output.append, arguments=given, input_=None if input is None else list(input)
    )
    ran.messages = host.out
    return ran
