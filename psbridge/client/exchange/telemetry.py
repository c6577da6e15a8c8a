"""OpenTelemetry spans by the GenAI semantic conventions, where the application has loaded OpenTelemetry.

Nothing is imported here for those who do not use it: an application that sets up tracing has `opentelemetry`
loaded. Spans hold models, counts and ids; never messages.
"""

from __future__ import annotations

import sys
from typing import Any

from ..errors import ClientError
from ..message.jsontext import field
from ..message.reply import tokens
from ..message.request import Outgoing


class Span:
    """One call's span, or nothing where OpenTelemetry is not loaded.

    Args:
        operation: its name by the conventions; "" for no span.
    """

    def __init__(self, outgoing: Outgoing, operation: str) -> None:
        self._span: Any = None
        if not operation or "opentelemetry.trace" not in sys.modules:
            return
        from opentelemetry import trace

        url = outgoing.url
        model = outgoing.payload.model
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": "azure.ai.openai" if "azure.com" in url.host else "openai",
            "server.address": url.host,
            "server.port": url.real_port,
        }
        if model is not None:
            attributes["gen_ai.request.model"] = model
        self._span = trace.get_tracer("psbridge").start_span(
            f"{operation} {model}" if model else operation,
            kind=trace.SpanKind.CLIENT,
            attributes=attributes,
        )

    def end(self, value: object, seconds: float = 0.0) -> None:
        """The call succeeded with `value`."""
        if self._span is None:
            return
        sent, received = tokens(field(value, "usage"))
        choices = field(value, "choices")
        reasons = [field(choice, "finish_reason") for choice in choices] if isinstance(choices, list) else []
        attributes = {
            "gen_ai.response.id": _of_type(str, field(value, "id")),
            "gen_ai.response.model": _of_type(str, field(value, "model")),
            "gen_ai.response.finish_reasons": [reason for reason in reasons if isinstance(reason, str)]
            or None,
            "gen_ai.usage.input_tokens": sent,
            "gen_ai.usage.output_tokens": received,
        }
        self._span.set_attributes({name: item for name, item in attributes.items() if item is not None})
        self._span.end()

    def fail(self, error: BaseException) -> None:
        """The call failed."""
        if self._span is None:
            return
        from opentelemetry.trace import Status, StatusCode

        kind = str(error.status) if isinstance(error, ClientError) and error.status else type(error).__name__
        self._span.set_attribute("error.type", kind)
        told = error.message if isinstance(error, ClientError) else type(error).__name__
        self._span.set_status(Status(StatusCode.ERROR, told))
        self._span.end()


def _of_type(kind: type, value: object) -> Any:
    """What a server may have sent in any shape, where it is what an attribute holds."""
    return value if isinstance(value, kind) and not isinstance(value, bool) else None
