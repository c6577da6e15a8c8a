"""Python hosted by PowerShell, as `Connect-PSBridge -InProcess` asks for.

The worker is the child process's own (`psbridge.bridge`), in a thread, on two pipes that do not leave the
process; every request takes the same way. Builders, which scripts call by the thousand, also have a way of
values. What is not plainly a success there is left to the usual way, so that errors and warnings have one
home.

    python -m psbridge.inprocess    # what a host needs to load this Python, as JSON
"""
