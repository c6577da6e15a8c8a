"""Lines into a file, for redirections and Out-File."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psbridge.script.net.encoding import Encoding, named
from psbridge.script.net.place import fault_of, full, may_write
from psbridge.script.semantics.errors import NetFault, runtime_error
from psbridge.script.semantics.text import NEWLINE


def write_lines(
    rt: Any,
    name: str,
    lines: list[str],
    *,
    append: bool,
    encoding: Encoding | None = None,
    newline: bool = True,
) -> None:
    """Write or append lines, UTF-8 without a mark unless another encoding is asked for."""
    used = encoding or named("utf8NoBOM")
    path = full(name)
    text = "".join(f"{line}{NEWLINE}" for line in lines) if newline else "".join(lines)
    try:
        may_write(path)
        with Path(path).open("ab" if append else "wb") as file:
            mark = used.mark if file.tell() == 0 else b""
            file.write(mark + used.encode(text))
    except OSError as error:
        fault = fault_of(error, path)
        raise _refused(fault) from None
    except NetFault as fault:
        raise _refused(fault) from None


def _refused(fault: NetFault) -> Exception:
    return runtime_error(
        str(fault),
        "FileOpenFailure,Microsoft.PowerShell.Commands.OutFileCommand",
        category="OpenError",
        kind=fault.type_name,
    )
