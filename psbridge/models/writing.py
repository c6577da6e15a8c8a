"""Models as JSON, whatever the depth. Knows no particular model."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError


def as_json(model: BaseModel, **options: Any) -> bytes:
    """A model as JSON; `options` are those of pydantic's `model_dump_json`.

    pydantic writes no more than 254 levels of anything, and on Windows no more than 98, which is fewer than
    a model takes. What is deeper is written by Python, with NaN and infinities as null, as pydantic has them.
    """
    try:
        return model.__pydantic_serializer__.to_json(model, **options)
    except PydanticSerializationError:
        indent, ascii_only = options.pop("indent", None), options.pop("ensure_ascii", False)
        between = (",", ": ") if indent is not None else (",", ":")
        value = model.__pydantic_serializer__.to_python(model, **options)
        finite = json.loads(json.dumps(value), parse_constant=lambda _: None)
        return json.dumps(finite, indent=indent, ensure_ascii=ascii_only, separators=between).encode()
