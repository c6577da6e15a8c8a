"""Where files lie, and how one takes its name: folders that are another machine's, whole files or none.

Knows nothing of ledgers and rows.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from .errors import LedgerError, RunError

# File systems of another machine: shared memory and locks, which a write-ahead log needs, do not reach there.
_NETWORK = frozenset(
    "nfs nfs4 cifs smb smb2 smb3 smbfs afs afpfs 9p ncpfs ceph glusterfs lustre gpfs beegfs davfs webdav "
    "fuse.sshfs fuse.glusterfs fuse.s3fs fuse.rclone fuse.davfs fuse.gcsfuse fuse.ceph ocfs2 gfs2".split()
)
_DRIVE_REMOTE = 4
# Half of a surrogate pair, as a reply may have one, cannot be written, and is not to hold up the rest.
_REPLACED = "psbridge.replaced"


def _replacement(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "\ufffd".encode(), error.end


codecs.register_error(_REPLACED, _replacement)


def check_folder(folder: Path) -> None:
    """Refuse a folder on another machine.

    Raises:
        LedgerError: naming it.
    """
    kind = network_kind(folder)
    if kind:
        raise LedgerError(
            f"The folder '{folder}' is on another machine ({kind}), where the ledger's write-ahead log does "
            "not work; name a local file with --ledger or -Ledger."
        )


def network_kind(folder: Path, mounts: str = "/proc/self/mountinfo") -> str:
    """The kind of network file system that a folder lies on; "" for a local one."""
    place = str(folder.resolve())
    if sys.platform == "win32":  # pragma: no cover - Windows only
        if place.startswith("\\\\") and not place.startswith("\\\\?\\"):
            return "a network share"
        import ctypes

        drive = os.path.splitdrive(place)[0] + "\\"
        return "a network drive" if ctypes.windll.kernel32.GetDriveTypeW(drive) == _DRIVE_REMOTE else ""
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        mount = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        inside = place == mount or place.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= best:
            best, kind = len(mount), after.split()[0]
    return kind if kind in _NETWORK else ""


@lru_cache(maxsize=1)
def host() -> str:
    """This machine as it runs now: another start of it, or another container's processes, are another host.

    Processes of the same text can see whether each other's process numbers are alive.
    """
    boot = space = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = Path("/proc/self/ns/pid").readlink().name
    return f"{socket.gethostname()} {boot} {space}".strip()


def started(pid: int) -> str:
    """When a process began, as a text that tells it from a later one of the same number; "" where unknown."""
    with suppress(OSError, IndexError):
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return text.rpartition(")")[2].split()[19]
    return ""


def is_alive(pid: int, begun: str) -> bool:
    """Whether a process of this host still runs."""
    if sys.platform == "win32":  # pragma: no cover - Windows only
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    except OSError as error:  # pragma: no cover - a number that is none
        return error.errno != errno.ESRCH
    now = started(pid)
    if now and begun and now != begun:
        return False
    with suppress(OSError, IndexError):  # a child that ended and that nobody has waited for
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return text.rpartition(")")[2].split()[0] not in ("Z", "X")
    return True


def _is_alive_on_windows(pid: int) -> bool:  # pragma: no cover - Windows only
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    process = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not process:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(process, ctypes.byref(code))
    kernel.CloseHandle(process)
    return code.value == 259  # STILL_ACTIVE


@contextmanager
def replaced(path: Path, binary: bool = False) -> Iterator[IO[Any]]:
    """A file to write that takes its name at the end, whole and on the disk, or not at all.

    Raises:
        RunError: it cannot be written; what bore the name is as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    _remove_left_over(path)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(beside, flags, 0o666)
        text = {"encoding": "utf-8", "newline": "", "errors": _REPLACED}
        mode, options = ("wb", {}) if binary else ("w", text)
        with os.fdopen(handle, mode, **options) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        _rename(beside, path)
    except OSError as error:
        raise RunError(
            f"'{path}' cannot be written: {error.strerror or error}.", category="WriteError"
        ) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _remove_left_over(path: Path) -> None:
    """Remove what processes that were killed left beside `path`."""
    pattern = re.compile(re.escape(f".{path.name}.") + r"(\d+)\.[0-9a-f]{8}\.tmp")
    with suppress(OSError):
        for one in path.parent.iterdir():
            match = pattern.fullmatch(one.name)
            if match and int(match[1]) != os.getpid() and not is_alive(int(match[1]), ""):
                one.unlink(missing_ok=True)


def _rename(beside: Path, path: Path) -> None:
    sys.audit("psbridge.run.rename", str(path))
    beside.replace(path)
    sys.audit("psbridge.run.renamed", str(path))
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can."""
    if sys.platform == "win32":  # pragma: no cover - Windows only
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
