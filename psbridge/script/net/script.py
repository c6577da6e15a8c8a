"""[scriptblock]: making one from text, calling it, closing over variables."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast
from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock

from . import describe


def _create(text: str) -> Any:
    from psbridge.script.interpreter.current import block_from_text

    return block_from_text(text)


def to_block(value: Any) -> Any:
    """`[scriptblock]$text`.

    Raises:
        InvalidCast: it is neither a text nor a block.
    """
    if isinstance(value, ScriptBlock) or callable(value):
        return value
    if isinstance(value, str):
        return _create(value)
    raise InvalidCast(
        f'Cannot convert the "{to_text(value)}" value to type "System.Management.Automation.ScriptBlock".'
    )


SCRIPT_BLOCK = describe("System.Management.Automation.ScriptBlock", nettypes.SCRIPTBLOCK)
SCRIPT_BLOCK.static({"Create(string script)": _create})
SCRIPT_BLOCK.property(
    {
        "Ast": lambda block: getattr(block, "syntax", None),
        "File": lambda block: getattr(block, "file", None),
        "IsFilter": lambda block: False,
        "Module": lambda block: None,
        "StartPosition": lambda block: None,
    }
)
SCRIPT_BLOCK.method(
    {
        "Invoke(params object[] args)": lambda block, args: block.invoke_collected(args),
        "InvokeReturnAsIs(params object[] args)": lambda block, args: block.invoke(args),
        "GetNewClosure()": lambda block: block.closed(),
        "ToString()": str,
        "Clone()": lambda block: block,
    }
)
