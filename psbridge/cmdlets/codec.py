"""Replies as models: the codec the cmdlets give the client."""

from __future__ import annotations

from typing import Any

from .. import models


class ModelCodec:
    """Decodes leniently: what a server leaves out stays unset, what the models do not know is kept."""

    def decode(self, data: bytes, model: str) -> Any:
        """A reply as the model of this name; a plain `Model` where there is none.

        Raises:
            InvalidValueError: it is not JSON, or no object.
        """
        return getattr(models, model, models.Model).from_reply(data)
