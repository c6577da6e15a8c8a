"""The worker that PowerShell talks to: JSON-RPC 2.0, one message a line, on standard input and output.

`python -m psbridge.bridge` runs it. It calls the cmdlets as any Python caller does and decides nothing about
them; what is its own is the wire: framing, ids, cancelling, order, and keeping standard output clean.
"""

from __future__ import annotations

PROTOCOL = 1
"""The version of the worker protocol spoken here; both sides check it in `hello`."""
