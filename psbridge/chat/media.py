"""Pictures, sound and files as parts of a message, by what they contain and not by what they are called.

Reads files and encodes them; sends nothing. Limits follow OpenAI's guides on
pictures, sound and PDF files.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..models.problems import InvalidValueError
from .errors import refusal

MEBIBYTE = 1024 * 1024
# The most that one picture, sound or file may have.
MAX_BYTES = 20 * MEBIBYTE
DETAILS = ("auto", "low", "high")
# What an answer's sound can be written as, by the file's suffix.
SOUND_FORMATS = {
    ".mp3": "mp3",
    ".wav": "wav",
    ".flac": "flac",
    ".opus": "opus",
    ".aac": "aac",
    ".pcm": "pcm16",
}

Part = dict[str, Any]


def media_parts(bound: Mapping[str, Any]) -> list[Part]:
    """The message parts that -Images, -InputAudio and -Files ask for, in that order.

    Raises:
        InvalidValueError: naming the parameter and item that cannot be sent; nothing was sent.
    """
    detail = bound.get("ImageDetail")
    side = bound.get("ImageMaxSide")
    return [
        *(image_part(item, detail, side, place) for item, place in _items(bound, "Images")),
        *(audio_part(item, place) for item, place in _items(bound, "InputAudio")),
        *(file_part(item, place) for item, place in _items(bound, "Files")),
    ]


def _items(bound: Mapping[str, Any], parameter: str) -> list[tuple[Any, str]]:
    given = bound.get(parameter)
    if given is None:
        return []
    if isinstance(given, (list, tuple)) and given and all(isinstance(one, int) for one in given):
        # PowerShell's [byte[]] comes as the numbers it holds.
        given = bytes(one & 0xFF for one in given)
    several = isinstance(given, Sequence) and not isinstance(given, (str, bytes, bytearray))
    items = list(given) if several else [given]
    return [
        (item, f"{parameter}[{number}]" if len(items) > 1 else parameter) for number, item in enumerate(items)
    ]


def image_part(
    given: Any, detail: str | None = None, max_side: int | None = None, place: str = "Images"
) -> Part:
    """A picture: an address, a path, or bytes of PNG, JPEG, GIF or WebP.

    Args:
        detail: auto, low or high.
        max_side: pixels of the longest side; a larger picture is made smaller (needs Pillow).
    """
    if detail is not None and detail.lower() not in DETAILS:
        raise refusal("ImageDetail", f"must be one of {', '.join(DETAILS)}")
    address = _address(given)
    if address is None:
        content = _content(given, place)
        kind = image_kind(content)
        if kind is None:
            raise refusal(
                place, f"must be a PNG, JPEG, GIF or WebP picture; {_named(given)} is none by its content"
            )
        if max_side is not None:
            content, kind = _smaller(content, kind, max_side, place)
        address = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    picture: Part = {"url": address}
    if detail is not None:
        picture["detail"] = detail.lower()
    return {"type": "image_url", "image_url": picture}


def audio_part(given: Any, place: str = "InputAudio") -> Part:
    """Sound: a path or bytes of WAV or MP3."""
    content = _content(given, place)
    kind = audio_kind(content)
    if kind is None:
        raise refusal(place, f"must be WAV or MP3 sound; {_named(given)} is neither by its content")
    return {
        "type": "input_audio",
        "input_audio": {"data": base64.b64encode(content).decode(), "format": kind},
    }


def file_part(given: Any, place: str = "Files") -> Part:
    """A PDF by path or bytes, or the id of a file that the service has (`file-…`)."""
    if isinstance(given, str) and given.startswith("file-") and not Path(given).exists():
        return {"type": "file", "file": {"file_id": given}}
    content = _content(given, place)
    if b"%PDF-" not in content[:1024]:
        raise refusal(place, f"must be a PDF document; {_named(given)} is none by its content")
    name = Path(_path_text(given) or "document.pdf").name
    data = f"data:application/pdf;base64,{base64.b64encode(content).decode()}"
    return {"type": "file", "file": {"filename": name, "file_data": data}}


def image_kind(content: bytes) -> str | None:
    """The media type of a picture by its first bytes, or None."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def audio_kind(content: bytes) -> str | None:
    """`wav` or `mp3` by the first bytes, or None."""
    if content[:4] in (b"RIFF", b"RF64") and content[8:12] == b"WAVE":
        return "wav"
    if content[:3] == b"ID3" or (
        len(content) > 2 and content[0] == 0xFF and content[1] & 0xE6 in (0xE2, 0xE4, 0xE6)
    ):
        return "mp3"
    return None


def sound_format(path: str | os.PathLike[str]) -> str:
    """The format of an answer's sound by the suffix of the file it is written to.

    Raises:
        InvalidValueError: for a suffix that stands for none, or a folder that is not there.
    """
    target = Path(path)
    kind = SOUND_FORMATS.get(target.suffix.lower())
    if kind is None:
        raise refusal("AudioOutFile", f"must end in one of {', '.join(SOUND_FORMATS)}, not '{target.name}'")
    if not target.parent.is_dir():
        raise refusal("AudioOutFile", f"must be in a folder that exists; '{target.parent}' does not")
    return kind


def write_sound(reply: Any, path: str | os.PathLike[str]) -> None:
    """Write the sound of a reply's answer; the file is whole or not there.

    Raises:
        InvalidValueError: when the reply has no sound, or the file cannot be written.
    """
    from .files import write_whole

    choices = getattr(reply, "choices", None) or ()
    sound = getattr(choices[0].message, "audio", None) if choices else None
    data = sound.get("data") if isinstance(sound, Mapping) else getattr(sound, "data", None)
    if not isinstance(data, str):
        raise refusal("AudioOutFile", "the reply has no sound to write")
    try:
        write_whole(Path(path), base64.b64decode(data))
    except OSError as error:
        raise refusal("AudioOutFile", f"'{path}' cannot be written: {error.strerror}") from None


def _address(given: Any) -> str | None:
    if not isinstance(given, str):
        return None
    scheme = urlsplit(given).scheme.lower() if ":" in given[:6] else ""
    return given if scheme in ("http", "https", "data") else None


def _content(given: Any, place: str) -> bytes:
    if isinstance(given, (bytes, bytearray, memoryview)):
        content = bytes(given)
    else:
        text = _path_text(given)
        if text is None:
            raise refusal(place, f"must be a path or bytes, not {type(given).__name__}")
        try:
            size = Path(text).stat().st_size
            if size > MAX_BYTES:
                raise _too_large(place, size)
            content = Path(text).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise refusal(place, f"'{text}' cannot be read: {reason}") from None
    if not content:
        raise refusal(place, f"{_named(given)} is empty")
    if len(content) > MAX_BYTES:
        raise _too_large(place, len(content))
    return content


def _path_text(given: Any) -> str | None:
    if isinstance(given, (str, os.PathLike)):
        return os.fsdecode(given)
    full = getattr(given, "FullName", None)
    return full if isinstance(full, str) else None


def _named(given: Any) -> str:
    text = _path_text(given)
    return "what was given" if text is None else f"'{text}'"


def _too_large(place: str, size: int) -> InvalidValueError:
    return refusal(place, f"must have at most {MAX_BYTES // MEBIBYTE} MiB, not {size / MEBIBYTE:.1f}")


def _smaller(content: bytes, kind: str, max_side: int, place: str) -> tuple[bytes, str]:
    if max_side < 1:
        raise refusal("ImageMaxSide", "must be 1 or more")
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise refusal("ImageMaxSide", 'needs Pillow: pip install "psbridge[images]"') from None
    import io

    try:
        with Image.open(io.BytesIO(content)) as picture:
            if max(picture.size) <= max_side:
                return content, kind
            picture.thumbnail((max_side, max_side))
            target = io.BytesIO()
            as_jpeg = kind == "image/jpeg"
            picture.save(target, format="JPEG" if as_jpeg else "PNG")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise refusal(place, f"the picture cannot be read: {error}") from None
    return target.getvalue(), kind if kind == "image/jpeg" else "image/png"
