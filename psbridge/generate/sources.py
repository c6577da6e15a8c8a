"""The OpenAPI descriptions that the generated files come from: where they are, and how to know them.

`sources.yaml` pins each by address, revision and SHA-256. A copy is kept; whatever brought it, its sum
decides.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from .description import DescriptionError

HERE = Path(__file__).parent
_LARGEST = 1 << 26  # bytes: a server that sends more does not send a description


@dataclass(frozen=True)
class Source:
    """One pinned description.

    Attributes:
        name: what it is here, such as "newest".
        address: where it can be fetched.
        revision: the commit it stands in, which `address` names.
        sha256: of the file, in hexadecimal.
    """

    name: str
    address: str
    revision: str
    sha256: str


def pinned(file: Path = HERE / "sources.yaml") -> dict[str, Source]:
    """The pinned descriptions by name."""
    listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {name: Source(name, **about) for name, about in listed.items()}


def fetched(source: Source, folder: Path, timeout: float = 60.0) -> Path:
    """The description's file in `folder`, fetched where it is not there yet, or is another.

    Args:
        timeout: seconds for the connection and for each piece of the answer.

    Raises:
        DescriptionError: it cannot be fetched, or what came has another sum; nothing is kept then.
    """
    path = folder / f"{source.name}-{source.revision[:12]}.yaml"
    if path.is_file() and _sum(path.read_bytes()) == source.sha256:
        return path
    content = _download(source.address, timeout)
    if _sum(content) != source.sha256:
        raise DescriptionError(
            f"{source.address}: the SHA-256 is {_sum(content)}, but {source.sha256} is pinned; "
            "nothing was kept"
        )
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def _download(address: str, timeout: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        with httpx.stream("GET", address, timeout=timeout) as reply:
            if reply.status_code != 200:
                raise DescriptionError(f"{address}: HTTP {reply.status_code} {reply.reason_phrase}".rstrip())
            for piece in reply.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > _LARGEST:
                    raise DescriptionError(f"{address}: more than {_LARGEST >> 20} MiB")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise DescriptionError(f"{address}: {problem or type(problem).__name__}") from problem
    return b"".join(pieces)


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
