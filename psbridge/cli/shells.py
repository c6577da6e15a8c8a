"""The PowerShells of this machine, as `psbridge doctor` tells of them, and what keeps the module out of them.

A PowerShell is asked itself: policies of machine, user and domain decide, and only it knows which.
"""

from __future__ import annotations

import os
import shutil
import subprocess

Row = tuple[str, str, str]

_SECONDS = 30.0
_FRAMEWORK_4_7_2 = (
    461808  # of HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full, as Microsoft documents it
)
_ASK = r"""
$PSVersionTable.PSVersion.ToString()
"$(Get-ExecutionPolicy)"
"$($ExecutionContext.SessionState.LanguageMode)"
if ($PSVersionTable.PSVersion.Major -le 5) {
    "$((Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full' -ErrorAction SilentlyContinue).Release)"
}
"""  # noqa: E501 a path of the registry


def rows() -> list[Row]:
    """One row or more for each PowerShell: the one that PSBRIDGE_PWSH names, else `pwsh` and `powershell`."""
    stated = os.environ.get("PSBRIDGE_PWSH")
    paths = [
        path for name in ([stated] if stated else ["pwsh", "powershell"]) if (path := shutil.which(name))
    ]
    if not paths:
        missing = (
            "PSBRIDGE_PWSH names no program" if stated else "no pwsh on the path, PSBRIDGE_PWSH is not set"
        )
        return [("PowerShell", "not found", missing)]
    return [row for path in paths for row in _of(path)]


def _of(path: str) -> list[Row]:
    command = [path, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", _ASK]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [("PowerShell", "wrong", f"{path} does not run: {type(error).__name__}")]
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not lines:
        return [("PowerShell", "wrong", f"{path} ended with {done.returncode}")]
    version, policy, mode, release = (*lines, "", "", "")[:4]
    name = "Windows PowerShell" if version.startswith("5.") else "PowerShell"
    found: list[Row] = [(name, "ok", f"{version} ({path})")]
    if policy:
        found.append(_policy(name, policy))
    if mode and mode != "FullLanguage":
        found.append(
            (
                f"{name} language",
                "wrong",
                f"{mode}: the module needs FullLanguage, which a signature that the policy trusts gives; "
                "see about_PSBridge",
            )
        )
    if release.isdigit() and int(release) < _FRAMEWORK_4_7_2:
        found.append((".NET Framework", "too old", "-InProcess needs 4.7.2 in Windows PowerShell"))
    return found


def _policy(name: str, policy: str) -> Row:
    what = f"{name} policy"
    if policy == "AllSigned":
        return (what, "wrong", "AllSigned: sign the module's files before it is imported; see about_PSBridge")
    if policy in ("Restricted", "Undefined"):
        return (
            what,
            "wrong",
            f"{policy}: no module can be imported; Set-ExecutionPolicy RemoteSigned -Scope CurrentUser",
        )
    return (what, "ok", policy)
