"""What turns reply bytes into values. The default gives plain dicts; the cmdlets plug in their models."""

from __future__ import annotations

from typing import Any, Protocol

from . import jsontext


class Codec(Protocol):
    """Decodes replies."""

    def decode(self, data: bytes, model: str) -> Any:
        """A reply's UTF-8 JSON as the model of this name, such as `OpenAIFile`.

        Raises:
            ValueError: it is not JSON, or does not fit.
        """


class JsonCodec:
    """Plain dicts and lists, as the JSON has them."""

    def decode(self, data: bytes, model: str) -> Any:
        """An object, whatever its model, as a dict.

        Raises:
            ValueError: it is not JSON, or no object.
        """
        value = jsontext.read(data)
        if not isinstance(value, dict):
            raise ValueError("the reply is JSON, but no object")
        return value
