"""JSON as it travels to and from Stripe's clients: names for its values, and its bytes."""

from typing import Any

import orjson

JsonObject = dict[str, Any]
"""A Stripe object (or a part of one) exactly as a client sees it."""

FormValue = Any
"""A decoded form value: a string, a list of form values or a mapping of names to form values."""


def kept_json(value: object) -> bytes:
    """JSON that will be kept: orjson's own bytes hold on to a buffer several times their length."""
    return bytes(memoryview(orjson.dumps(value)))
