"""Lists that are part of an object, such as a transfer's reversals."""

from stripe_sandbox.json_types import JsonObject

_SHOWN_MAX = 10


def put_first(embedded: JsonObject, item: JsonObject) -> None:
    """Adds the newest item; an object shows only the last ten, its list endpoint has all."""
    items = [item, *embedded["data"]]
    embedded["has_more"] = embedded["has_more"] or len(items) > _SHOWN_MAX
    embedded["data"] = items[:_SHOWN_MAX]
