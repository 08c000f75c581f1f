"""An answer on its way out."""

from dataclasses import dataclass, field

from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.json_types import JsonObject, kept_json


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and headers of an answer; the body is written once and kept for replays."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def reply_with(shown: JsonObject) -> Reply:
    """A successful answer."""
    return Reply(200, kept_json(shown))


def reply_to(error: StripeError) -> Reply:
    """An error as an answer."""
    return Reply(error.status, kept_json(error.body()), error.headers)
