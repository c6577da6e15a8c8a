"""Invoke-RestMethod and Invoke-WebRequest, over the client's transport: one request, no retries unasked."""

from __future__ import annotations

import base64
import contextlib
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urljoin, urlsplit

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_dictionary, is_list
from psbridge.binding.text import to_text
from psbridge.script.display.clock import ask
from psbridge.script.net.conversions import as_bytes, byte_array
from psbridge.script.net.files import FileEntry
from psbridge.script.net.place import full, may_write
from psbridge.script.net.responses import message_of
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject, ScriptError
from psbridge.script.semantics.text import NEWLINE
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import Bag, Hashtable, Made, TypedArray

from .cmdlet import Cmdlet
from .errorbody import readable
from .wire import Answer, Failed, Wire, charset_of, header

_SECONDS = re.compile("[0-9]{1,7}")
_ADDRESS = re.compile(r"(.+) \([^()]+:[0-9]+\)")
_FORM = "application/x-www-form-urlencoded"
_AGENT = "Mozilla/5.0 (Linux; psbridge) PowerShell/7.6.5"


class Headers(Hashtable):
    """A response's headers: values by name, in any case."""

    __slots__ = ()
    net_type = NetType(
        "Dictionary`2",
        "System.Collections.Generic.Dictionary`2[System.String,"
        "System.Collections.Generic.IEnumerable`1[System.String]]",
        parent=nettypes.HASHTABLE,
    )


def headers_of(answer: Answer, *, lists: bool) -> Headers:
    """The headers of an answer; each a list of its values, or its text."""
    table = Headers()
    for name, value in answer.headers:
        if lists:
            known = table.get(name)
            table[name] = TypedArray([*(known or []), value], nettypes.STRING)
        else:
            table[name] = f"{table[name]}, {value}" if name in table else value
    return table


def status_of(code: int) -> Any:
    """A status as an HttpStatusCode, or the number where it has no name."""
    try:
        return net_enum("System.Net.HttpStatusCode")(code)
    except ValueError:
        return code


class WebCmdlet(Cmdlet):
    """What both cmdlets do."""

    def start(self) -> None:
        self.pieces: list[Any] = []
        if not self.rt.options.network:
            raise self.fatal(
                "InvalidOperationException",
                f"{self.name} is not called: the network may not be used here (--no-network).",
                "PSBridge.NoNetwork",
                "PermissionDenied",
            )

    def record(self) -> None:
        answer = self._fetch()
        if self.has("StatusCodeVariable"):
            self.scope.vars[self.text("StatusCodeVariable").lower()] = answer.status
        if self.has("ResponseHeadersVariable"):
            self.scope.vars[self.text("ResponseHeadersVariable").lower()] = headers_of(answer, lists=True)
        if self.has("OutFile"):
            path = full(self.text("OutFile"))
            if Path(path).is_dir():
                path = str(Path(path) / (Path(urlsplit(answer.url).path).name or "download"))
            Path(may_write(path)).write_bytes(answer.body)
            self.verbose(f"File Name: {Path(path).name}")
            if not self.on("PassThru"):
                return
        self.give(answer)

    def give(self, answer: Answer) -> None:
        """Put the answer out."""

    # The request

    def _method(self) -> str:
        if self.has("CustomMethod"):
            return self.text("CustomMethod").upper()
        method = self.text("Method", "Default")
        return "GET" if method.lower() == "default" else method.upper()

    def _url(self, method: str) -> str:
        url = self.text("Uri")
        if "://" not in url:
            url = f"http://{url}"
        body = self.get("Body")
        if is_dictionary(body) and method == "GET":
            query = urlencode([(to_text(key), to_text(value)) for key, value in body.items()])
            url += ("&" if "?" in url else "?") + query
        return url

    def _headers(self) -> dict[str, str]:
        made: dict[str, str] = {}
        session = self.get("WebSession")
        if isinstance(session, Bag):
            for name, value in session["Headers"].items():  # type: ignore[attr-defined]
                made[to_text(name)] = to_text(value)
        given = self.get("Headers")
        if is_dictionary(given):
            for name, value in given.items():
                made[to_text(name)] = ",".join(map(to_text, value)) if is_list(value) else to_text(value)
        # Blanks around a value are no part of it; a key that is blank has no form.
        for name, value in made.items():
            made[name] = value.strip(" \t")
            if name.lower() == "authorization" and not made[name]:
                sentence = f"The format of value '{value}' is invalid."
                raise self.fatal("FormatException", sentence, "System.FormatException")
        if self.has("ContentType"):
            made = {name: value for name, value in made.items() if name.lower() != "content-type"}
            made["Content-Type"] = self.text("ContentType")
        made.setdefault("User-Agent", self.text("UserAgent") or _AGENT)
        kind = self.text("Authentication", "None").lower()
        if kind in ("bearer", "oauth") and self.has("Token"):
            made["Authorization"] = f"Bearer {self.get('Token').reveal()}"
        elif kind == "basic" or (self.has("Credential") and kind == "none"):
            credential = self.get("Credential")
            if credential is not None:
                pair = f"{credential.name}:{credential.password.reveal()}"
                made["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return made

    def _body(self, method: str, headers: dict[str, str]) -> bytes:
        names = {name.lower() for name in headers}
        if self.has("InFile"):
            return Path(full(self.text("InFile"))).read_bytes()
        if self.has("Form"):
            return self._form(headers)
        body = self.get("Body")
        if body is None or (is_dictionary(body) and method == "GET"):
            return b""
        if "content-type" not in names and method == "POST":
            headers["Content-Type"] = _FORM
        if is_dictionary(body):
            pairs = [
                f"{quote_plus(to_text(key))}={quote_plus(to_text(value))}" for key, value in body.items()
            ]
            return "&".join(pairs).encode()
        if isinstance(body, (bytes, bytearray)) or getattr(body, "element", None) is nettypes.BYTE:
            return as_bytes(body)
        label = header(headers.items(), "content-type")
        text = to_text(body)
        try:
            return text.encode(charset_of(label) or "utf-8", "replace")
        except LookupError:
            return text.encode()

    def _form(self, headers: dict[str, str]) -> bytes:
        boundary = f"psbridge{time.monotonic_ns():x}"
        parts: list[bytes] = []
        for key, value in self.get("Form").items():
            for item in value if is_list(value) else [value]:
                head = f'--{boundary}\r\nContent-Disposition: form-data; name="{to_text(key)}"'
                if isinstance(item, FileEntry):
                    data = Path(item.path).read_bytes()
                    head += f'; filename="{Path(item.path).name}"\r\nContent-Type: application/octet-stream'
                else:
                    data = to_text(item).encode()
                parts.append(f"{head}\r\n\r\n".encode() + data + b"\r\n")
        headers["Content-Type"] = f'multipart/form-data; boundary="{boundary}"'
        return b"".join(parts) + f"--{boundary}--\r\n".encode()

    def _fetch(self) -> Answer:
        method = self._method()
        headers = self._headers()
        body = self._body(method, headers)
        url = self._url(method)
        ask("web")
        wire: Wire = self.rt.state.setdefault("wire", Wire())
        tries = self.get("MaximumRetryCount", 0)
        while True:
            self.verbose(self._request_in_words(method, url, headers, body))
            try:
                answer = self._follow(wire, method, url, headers, body)
            except Failed as failure:
                raise self._not_reached(failure, url) from None
            self.verbose(_response_in_words(answer))
            if 200 <= answer.status < 300 or self.on("SkipHttpErrorCheck"):
                return answer
            if tries > 0 and (answer.status >= 400 or answer.status == 304):
                tries -= 1
                wait = self.get("RetryIntervalSec", 5)
                after = header(answer.headers, "retry-after")
                if answer.status == 429 and _SECONDS.fullmatch(after):
                    wait = int(after)
                self.verbose(
                    f"Retrying after interval of {wait} seconds. "
                    f"Status code for previous attempt: {to_text(status_of(answer.status))}"
                )
                time.sleep(wait)
                continue
            raise self._refused(answer)

    def _request_in_words(self, method: str, url: str, headers: dict[str, str], body: bytes) -> str:
        """A request as -Verbose has it: the query, which may hold what is secret, by its length alone."""
        label = header(headers.items(), "content-type")
        if not label and method == "POST":
            label = _FORM
        sent = bool(body) or method != "GET" or self.has("ContentType")
        parts = urlsplit(quote(url, safe="%!#$&'()*+,/:;=?@[]~"))
        said = f"WebRequest: v1.1 {method} {parts.scheme}://{parts.netloc}{parts.path or '/'}"
        said += f" with query length {len(parts.query)}" if parts.query else ""
        said += _payload_in_words(label, len(body)) if sent else ""
        return f"{said} output to {full(self.text('OutFile'))}" if self.has("OutFile") else said

    def _follow(self, wire: Wire, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        left = self.get("MaximumRedirection", 5)
        options: dict[str, Any] = {
            "timeout": self.get("ConnectionTimeoutSeconds") or None,
            "proxy": "" if self.on("NoProxy") else self.text("Proxy") or None,
            "skip_check": self.on("SkipCertificateCheck"),
        }
        while True:
            answer = wire.send(method, url, headers, body, **options)
            target = next((value for name, value in answer.headers if name.lower() == "location"), None)
            if answer.status not in (301, 302, 303, 307, 308) or target is None or left <= 0:
                return answer
            left -= 1
            following = urljoin(url, target)
            downgraded = urlsplit(url).scheme == "https" and urlsplit(following).scheme == "http"
            if downgraded and not self.on("AllowInsecureRedirect"):
                return answer
            if not self.on("PreserveAuthorizationOnRedirect"):
                headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
            keeps = (
                answer.status in (307, 308)
                or self.on("PreserveHttpMethodOnRedirect")
                or self.has("CustomMethod")
            )
            if not keeps and method == "POST":
                method, body = "GET", b""
            url = following

    # Errors

    def _not_reached(self, failure: Failed, url: str) -> ScriptError:
        kind, error_id, category = "HttpRequestException", "WebCmdletWebResponseException", "InvalidOperation"
        message = str(failure)
        if failure.timed_out:
            kind, error_id, category = "TaskCanceledException", "ConnectionTimeoutReached", "OperationTimeout"
            message = (
                "The request was canceled due to the configured HttpClient.Timeout of "
                f"{self.get('TimeoutSec', 100)} seconds elapsing."
            )
        # The socket's own words, which .NET puts before the address, are the details.
        words = _ADDRESS.fullmatch(message)
        inner = ExceptionObject("SocketException", words[1]) if words else None
        record = self.error_record(kind, message, error_id, category, url, inner=inner)
        if words:
            record.details = words[1]
        error = ScriptError(record)
        error.statement_only = True
        return error

    def _refused(self, answer: Answer) -> ScriptError:
        error = ScriptError(refusal(answer, self._method(), self.info))
        error.statement_only = True
        return error


def refusal(answer: Answer, method: str, command: Any) -> ErrorRecord:
    """The record of a reply whose status says that the request failed, as a web cmdlet reports it."""
    reason = answer.reason or _reason(answer.status)
    response = _message(answer, method)
    exception = ExceptionObject(
        "HttpResponseException",
        f"Response status code does not indicate success: {answer.status} ({reason}).",
        extra={"Response": response, "StatusCode": status_of(answer.status)},
    )
    record = ErrorRecord(
        exception,
        f"WebCmdletWebResponseException,{command.class_name}",
        "InvalidOperation",
        response.RequestMessage,
        details=readable(answer.text(), answer.label()) or None,
        activity=command.name,
    )
    record.command = command
    return record


def _response_in_words(answer: Answer) -> str:
    """A reply as -Verbose has it."""
    given = {name.lower(): value for name, value in answer.headers}
    size = given.get("content-length", "") if "content-encoding" not in given else ""
    said = f"WebResponse: {answer.status} {answer.reason}"
    return (said + _payload_in_words(answer.label(), int(size) if size.isdecimal() else None)).strip()


def _payload_in_words(label: str, size: int | None) -> str:
    """What is sent, by its media type and size.

    >>> _payload_in_words("text/plain; charset=utf-8", 2000), _payload_in_words("", None)
    (' with text/plain payload with body size 1.95 KB (2,000 bytes)', '')
    """
    kind = label.partition(";")[0].strip()
    said = f" with {kind} payload" if kind else ""
    if size is None:
        return said
    power = min((size.bit_length() - 1) // 10, 4) if size else 0
    number = f"{size / 1024**power:.2f}".rstrip("0").rstrip(".") if size else "0"
    unit = ("B", "KB", "MB", "GB", "TB")[power] if size else "b"
    return f"{said} with body size {number} {unit} ({size:,} bytes)"


def _message(answer: Answer, method: str) -> Made:
    """The HttpResponseMessage of an answer."""
    reason = answer.reason or _reason(answer.status)
    return message_of(status_of(answer.status), reason, answer.headers, answer.url, method.upper())


def _reason(status: int) -> str:
    from http.client import responses

    return responses.get(status, "")


class InvokeRestMethod(WebCmdlet):
    """Invoke-RestMethod: JSON and XML become objects."""

    def give(self, answer: Answer) -> None:
        text = answer.text()
        label = answer.label().lower()
        if "json" in label or (
            text.lstrip()[:1] in ("{", "[") and "xml" not in label and "html" not in label
        ):
            from .json import Reader

            reader = Reader(as_table=False, dates="Default")
            try:
                value = reader.top(reader.read(text))
            except (ValueError, NetError, RecursionError):
                value = text
            self.write(value)
            return
        if "xml" in label and "html" not in label:
            from psbridge.script.net.documents import parse_xml

            with contextlib.suppress(InvalidCast):
                text = parse_xml(text)
        self.write(text)


class InvokeWebRequest(WebCmdlet):
    """Invoke-WebRequest: the response itself."""

    def give(self, answer: Answer) -> None:
        made = Made({}, "Microsoft.PowerShell.Commands.BasicHtmlWebResponseObject")
        is_text = not answer.label() or any(
            word in answer.label().lower() for word in ("text", "json", "xml", "javascript", "form")
        )
        text = answer.text()
        head = "".join(f"{name}: {value}{NEWLINE}" for name, value in answer.headers)
        reason = answer.reason or _reason(answer.status)
        made["StatusCode"] = answer.status
        made["StatusDescription"] = to_text(status_of(answer.status))
        made["Content"] = text if is_text else byte_array(answer.body)
        made["RawContent"] = f"HTTP/1.1 {answer.status} {reason}{NEWLINE}{head}{NEWLINE}{text}"
        made["Headers"] = headers_of(answer, lists=True)
        made["Images"] = []
        made["InputFields"] = []
        made["Links"] = _links(text) if "html" in answer.label().lower() else []
        made["RawContentLength"] = len(answer.body)
        made["RelationLink"] = Hashtable()
        made["BaseResponse"] = _message(answer, self._method())
        self.write(made)


def _links(text: str) -> list[Bag]:
    return [
        Bag({"outerHTML": match.group(), "tagName": "A", "href": match[1]})
        for match in re.finditer(r'<a\b[^>]*href="([^"]*)"[^>]*>.*?</a>', text, re.DOTALL | re.IGNORECASE)
    ]


CMDLETS: dict[str, Any] = {"Invoke-RestMethod": InvokeRestMethod, "Invoke-WebRequest": InvokeWebRequest}
