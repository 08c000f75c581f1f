"""Takes secrets and card numbers out of what is logged or shown: the second line, behind not putting them there.

Keys that are known to hold nothing secret pass unread, so that the line of every call costs next to nothing.
"""

import re
from collections.abc import Mapping

REDACTED = "[redacted]"
DEPTH_MAX = 4
LENGTH_MAX = 8_192
"""Longer text is cut: a log line is for reading."""

SAFE_KEYS = frozenset(
    (
        "time",
        "level",
        "event",
        "logger",
        "method",
        "code",
        "reason",
        "duration_ms",
        "trace_id",
        "span_id",
        "pid",
        "port",
    )
)
"""Keys whose values this service makes itself."""

_SECRET_KEYS = frozenset(
    {
        "api_key",
        "auth_key",
        "authorization",
        "body",
        "card",
        "client_secret",
        "cookie",
        "credentials",
        "cvc",
        "cvv",
        "encryption_keys",
        "number",
        "passwd",
        "password",
        "payload",
        "pin",
        "private_key",
        "seal_keys",
        "secret",
        "set-cookie",
        "signature",
        "stripe-signature",
        "token",
    }
)
_SECRET_ENDINGS = ("_secret", "_token", "_password", "_api_key", "-token", "-api-key", "_card", "card_number")

_TEXT_SHORTEST = 10  # Nothing shorter can hold what the patterns look for.
_SECRETS = re.compile(
    r"""
      (?P<stripe>\b(?:sk|rk)_(?:live|test)_|whsec_|_secret_)[0-9A-Za-z]+
    | (?P<bearer>\b(?:[Bb]earer|[Bb]asic)\s+)[\w.~+/=-]{8,}
    | (?P<jwt>\beyJ)[\w-]{5,}\.[\w-]+\.[\w-]*
    | (?P<pem>-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----).*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | (?P<url>://[^:/?\#\s@]*:)[^@/\s]+(?=@)
    """,
    re.VERBOSE | re.DOTALL,
)
# 13 to 19 digits, perhaps in groups, starting as payment cards do (ISO/IEC 7812: 2 to 6 are the card schemes).
_CARD = re.compile(r"(?<![0-9A-Za-z])[2-6](?:[ -]?\d){12,18}(?![0-9A-Za-z])")


def scrub(text: str) -> str:
    """The text without secrets that have a recognisable shape and without card numbers."""
    if len(text) < _TEXT_SHORTEST:
        return text
    if len(text) > LENGTH_MAX:
        text = text[:LENGTH_MAX] + "…"
    text = _SECRETS.sub(_keep_prefix, text)
    return _CARD.sub(_hide_card, text)


def scrub_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields of a log line, scrubbed: values of secret keys replaced, text in all others scrubbed."""
    return {
        key: value
        if key in SAFE_KEYS or value is None or isinstance(value, bool | int | float)
        else _scrub_value(key, value, DEPTH_MAX)
        for key, value in fields.items()
    }


def _scrub_value(key: str, value: object, depth: int) -> object:
    lowered = key.lower()
    if lowered in _SECRET_KEYS or lowered.endswith(_SECRET_ENDINGS):
        return REDACTED
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == 0:
        return "[nested too deeply]"
    if isinstance(value, Mapping):
        return {scrub(str(inner)): _scrub_value(str(inner), held, depth - 1) for inner, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrub_value("", held, depth - 1) for held in value]
    return scrub(str(value))


def _keep_prefix(match: re.Match[str]) -> str:
    """What kind of secret it was stays, so that a reader knows what leaked to where."""
    kind = match.lastgroup
    return (match.group(kind) if kind else "") + REDACTED


def _hide_card(match: re.Match[str]) -> str:
    digits = [int(character) for character in match.group() if character.isdigit()]
    return REDACTED if _luhn(digits) else match.group()


def _luhn(digits: list[int]) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])  # noqa: PLR2004 - 5 doubles to 10
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0
