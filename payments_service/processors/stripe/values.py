"""Single values of Stripe's JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime


def object_id(value: object) -> str:
    """An id, from an id or from the expanded object; empty where there is neither."""
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return value if isinstance(value, str) else ""


def time(seconds: object) -> datetime:
    """A time, from Stripe's seconds since 1970."""
    return datetime.fromtimestamp(int(str(seconds)), UTC)
