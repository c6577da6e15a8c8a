"""Text encodings, HTML and URL encoding, hashes."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import locale
import os
import re
import secrets
import sys
import urllib.parse
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.values import TypedArray

from . import describe
from .conversions import as_bytes, byte_array
from .faults import null_argument


class Encoding:
    """System.Text.Encoding: a Python codec, and the byte-order mark that files get."""

    def __init__(self, codec: str, name: str, mark: bytes = b"", type_name: str = "UTF8Encoding") -> None:
        self.codec = codec
        self.name = name
        self.mark = mark
        self.net_type = NetType(type_name, f"System.Text.{type_name}", parent=ENCODING_TYPE)

    def encode(self, text: str) -> bytes:
        wide = self.codec.startswith(("utf-16", "utf-32"))
        return text.encode(self.codec, "surrogatepass" if wide else "replace")

    def __str__(self) -> str:
        return self.net_type.full_name


ENCODING_TYPE = NetType("Encoding", "System.Text.Encoding")
_BOMS = {
    "utf-8": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-32-le": b"\xff\xfe\0\0",
}
_NAMED = {
    "utf8": Encoding("utf-8", "utf-8"),
    "utf8nobom": Encoding("utf-8", "utf-8"),
    "utf8bom": Encoding("utf-8", "utf-8", _BOMS["utf-8"]),
    "utf-8": Encoding("utf-8", "utf-8", _BOMS["utf-8"]),
    "unicode": Encoding("utf-16-le", "utf-16", _BOMS["utf-16-le"], "UnicodeEncoding"),
    "utf-16": Encoding("utf-16-le", "utf-16", _BOMS["utf-16-le"], "UnicodeEncoding"),
    "bigendianunicode": Encoding("utf-16-be", "utf-16BE", _BOMS["utf-16-be"], "UnicodeEncoding"),
    "utf32": Encoding("utf-32-le", "utf-32", _BOMS["utf-32-le"], "UTF32Encoding"),
    "ascii": Encoding("ascii", "us-ascii", type_name="ASCIIEncoding"),
    "us-ascii": Encoding("ascii", "us-ascii", type_name="ASCIIEncoding"),
    "latin1": Encoding("latin-1", "iso-8859-1", type_name="Latin1Encoding"),
    "iso-8859-1": Encoding("latin-1", "iso-8859-1", type_name="Latin1Encoding"),
    "windows-1252": Encoding("cp1252", "windows-1252", type_name="SBCSCodePageEncoding"),
    "1252": Encoding("cp1252", "windows-1252", type_name="SBCSCodePageEncoding"),
    "ansi": Encoding("mbcs" if os.name == "nt" else "utf-8", "utf-8"),
    "oem": Encoding("oem" if os.name == "nt" else "utf-8", "utf-8"),
    "default": Encoding("utf-8", "utf-8"),
    "65001": Encoding("utf-8", "utf-8", _BOMS["utf-8"]),
    "1200": Encoding("utf-16-le", "utf-16", _BOMS["utf-16-le"], "UnicodeEncoding"),
    "20127": Encoding("ascii", "us-ascii", type_name="ASCIIEncoding"),
    "28591": Encoding("latin-1", "iso-8859-1", type_name="Latin1Encoding"),
}


def named(name: Any) -> Encoding:
    """The encoding of this name or code page.

    Raises:
        NetFault: there is none.
    """
    if isinstance(name, Encoding):
        return name
    found = _NAMED.get(to_text(name).lower())
    if found is None:
        raise NetFault(
            "ArgumentException", f"'{to_text(name)}' is not a supported encoding name. (Parameter 'name')"
        )
    return found


def _decode(encoding: Encoding, data: Any, start: int = 0, count: int | None = None) -> str:
    if data is None:
        raise null_argument("bytes")
    piece = as_bytes(data)[start : None if count is None else start + count]
    return piece.decode(encoding.codec, "replace")


def of_programs() -> str:
    """The encoding in which this system's programs write what is not UTF-8, by its name.

    On Windows the console's code page, elsewhere the locale's encoding.
    """
    if sys.platform == "win32":
        import ctypes

        page = ctypes.windll.kernel32.GetConsoleOutputCP()
        return f"cp{page}" if page else "oem"
    return locale.getpreferredencoding(False)


ENCODING = describe("System.Text.Encoding", ENCODING_TYPE)
ENCODING_TYPE.rule = named
ENCODING.constant(
    {
        "UTF8": Encoding("utf-8", "utf-8", _BOMS["utf-8"]),
        "ASCII": _NAMED["ascii"],
        "Unicode": _NAMED["unicode"],
        "BigEndianUnicode": _NAMED["bigendianunicode"],
        "UTF32": _NAMED["utf32"],
        "Latin1": _NAMED["latin1"],
        "Default": _NAMED["utf8"],
    }
)
ENCODING.static(
    {
        "GetEncoding(string name)": named,
        "GetEncoding(int codepage)": named,
        "RegisterProvider(any provider)": lambda provider: None,
        "Convert(any srcEncoding, any dstEncoding, byte[] bytes)": lambda source, target, data: byte_array(
            target.encode(_decode(source, data))
        ),
    }
)
_FULL_NAMES = {
    "utf-8": "Unicode (UTF-8)",
    "us-ascii": "US-ASCII",
    "utf-16": "Unicode",
    "utf-16BE": "Unicode (Big-Endian)",
    "utf-32": "Unicode (UTF-32)",
    "iso-8859-1": "Western European (ISO)",
}
_CODE_PAGES = {
    "utf-8": 65001,
    "utf-16-le": 1200,
    "utf-16-be": 1201,
    "utf-32-le": 12000,
    "ascii": 20127,
    "latin-1": 28591,
    "cp1252": 1252,
}
ENCODING.property(
    {
        "WebName": lambda encoding: encoding.name,
        "EncodingName": lambda encoding: _FULL_NAMES.get(encoding.name, encoding.name),
        "BodyName": lambda encoding: encoding.name,
        "CodePage": lambda encoding: _CODE_PAGES[encoding.codec],
        "Preamble": lambda encoding: byte_array(encoding.mark),
    }
)
ENCODING.method(
    {
        "GetBytes(string s)": lambda encoding, text: byte_array(encoding.encode(text)),
        "GetString(byte[] bytes)": _decode,
        "GetString(byte[] bytes, int index, int count)": _decode,
        "GetByteCount(string s)": lambda encoding, text: len(encoding.encode(text)),
        "GetCharCount(byte[] bytes)": lambda encoding, data: len(_decode(encoding, data)),
        "GetPreamble()": lambda encoding: byte_array(encoding.mark),
        "GetChars(byte[] bytes)": lambda encoding, data: list(_decode(encoding, data)),
        "ToString()": str,
    }
)
UTF8 = describe("System.Text.UTF8Encoding", None, "System.Text.Encoding")
UTF8.new(
    {
        "()": lambda: Encoding("utf-8", "utf-8"),
        "(bool encoderShouldEmitUTF8Identifier)": lambda mark: Encoding(
            "utf-8", "utf-8", _BOMS["utf-8"] if mark else b""
        ),
        "(bool encoderShouldEmitUTF8Identifier, bool throwOnInvalidBytes)": lambda mark, throws: Encoding(
            "utf-8", "utf-8", _BOMS["utf-8"] if mark else b""
        ),
    }
)
ASCII = describe("System.Text.ASCIIEncoding", None, "System.Text.Encoding")
ASCII.new({"()": lambda: _NAMED["ascii"]})
UNICODE = describe("System.Text.UnicodeEncoding", None, "System.Text.Encoding")
UNICODE.new({"()": lambda: _NAMED["unicode"]})
for _name in ("UTF32Encoding", "Latin1Encoding", "SBCSCodePageEncoding"):
    describe(f"System.Text.{_name}", None, "System.Text.Encoding")


def _html(text: str | None) -> str | None:
    if text is None:
        return None
    escaped = html.escape(text).replace("&#x27;", "&#39;")
    return "".join(f"&#{ord(c)};" if "\xa0" <= c <= "\xff" or c > "\uffff" else c for c in escaped)


def _url(text: str | None) -> str | None:
    return None if text is None else urllib.parse.quote_plus(text, safe="!()*-._")


WEB = describe("System.Net.WebUtility")
WEB.static(
    {
        "HtmlEncode(string value)": _html,
        "HtmlDecode(string value)": lambda text: None if text is None else html.unescape(text),
        "UrlEncode(string value)": _url,
        "UrlDecode(string value)": lambda text: None if text is None else urllib.parse.unquote_plus(text),
    }
)


def _query(text: str) -> Any:
    from psbridge.script.semantics.values import Hashtable

    pairs = urllib.parse.parse_qsl(text.lstrip("?"), keep_blank_values=True)
    return Hashtable(pairs)


_NOT_IN_SCRIPTS = re.compile("[\x00-\x1f\"\\\\'<>&\x85\u2028\u2029]")


def _in_script(text: str) -> str:
    """`JavaScriptStringEncode`: what has an escape of its own, and what HTML would read, by its number."""

    def escaped(match: re.Match[str]) -> str:
        character = match.group()
        plain = json.dumps(character)[1:-1]
        return plain if len(plain) == 2 else f"\\u{ord(character):04x}"

    return _NOT_IN_SCRIPTS.sub(escaped, text)


HTTP = describe("System.Web.HttpUtility", None, "System.Net.WebUtility")
HTTP.static(
    {
        "UrlEncode(string str)": lambda text: re.sub(
            "%[0-9A-F]{2}", lambda match: match.group().lower(), _url(text) or ""
        ),
        "ParseQueryString(string query)": _query,
        "JavaScriptStringEncode(string value)": _in_script,
        "HtmlAttributeEncode(string s)": _html,
    }
)


class Hash:
    """A HashAlgorithm, keyed (HMAC) or not."""

    def __init__(self, name: str, key: bytes | None = None) -> None:
        self.name = name
        self.key = key
        kind = name.upper() if key is None else f"HMAC{name.upper()}"
        self.net_type = NetType(kind, f"System.Security.Cryptography.{kind}", parent=HASH_TYPE)

    def digest(self, data: bytes) -> bytes:
        if self.key is not None:
            return hmac.new(self.key, data, self.name).digest()
        return hashlib.new(self.name, data).digest()


HASH_TYPE = NetType("HashAlgorithm", "System.Security.Cryptography.HashAlgorithm")
HASH = describe("System.Security.Cryptography.HashAlgorithm", HASH_TYPE)
HASH.method(
    {
        "ComputeHash(byte[] buffer)": lambda algorithm, data: byte_array(algorithm.digest(as_bytes(data))),
        "ComputeHash(any inputStream)": lambda algorithm, stream: byte_array(
            algorithm.digest(stream.file.read())
        ),
        "Dispose()": lambda algorithm: None,
    }
)
HASH.property({"Key": lambda algorithm: byte_array(algorithm.key or b"")})
HASH.setter({"Key": lambda algorithm, key: setattr(algorithm, "key", as_bytes(key))})
HASH.static({"Create(string hashName)": lambda name: Hash(name.lower().replace("-", ""))})
for _name in ("SHA256", "SHA1", "MD5", "SHA512", "SHA384"):
    _described = describe(
        f"System.Security.Cryptography.{_name}", None, "System.Security.Cryptography.HashAlgorithm"
    )
    _described.static(
        {
            "Create()": lambda name=_name: Hash(name.lower()),
            "HashData(byte[] source)": lambda data, name=_name: byte_array(
                Hash(name.lower()).digest(as_bytes(data))
            ),
        }
    )
for _name in ("SHA256", "SHA1"):
    _keyed = describe(
        f"System.Security.Cryptography.HMAC{_name}", None, "System.Security.Cryptography.HashAlgorithm"
    )
    _keyed.new(
        {
            "()": lambda name=_name: Hash(name.lower(), os.urandom(64)),
            "(byte[] key)": lambda key, name=_name: Hash(name.lower(), as_bytes(key)),
        }
    )


def _random_bytes(count: int) -> TypedArray:
    return byte_array(os.urandom(count))


RANDOM = describe("System.Security.Cryptography.RandomNumberGenerator")
RANDOM.static(
    {
        "GetBytes(int count)": _random_bytes,
        "GetInt32(int toExclusive)": secrets.randbelow,
        "GetInt32(int fromInclusive, int toExclusive)": lambda low, high: low + secrets.randbelow(high - low),
        "Create()": lambda: RandomNumbers(),
    }
)
RANDOM.method({"GetBytes(any data)": lambda source, data: _fill(data), "Dispose()": lambda source: None})


class RandomNumbers:
    """A RandomNumberGenerator; all of them are the system's."""

    net_type = RANDOM.type


def _fill(data: Any) -> None:
    data[:] = _random_bytes(len(data))
