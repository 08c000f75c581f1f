"""Ids: UUIDv7 inside, a prefix and 26 characters of Crockford base32 outside (`pay_01hz…`).

They sort by time of creation, so that new rows go to the right edge of every index (RFC 9562, section 5.7), and their
prefix says what they name. They never look like Stripe's ids.
"""

import os
import struct
import threading
import time
from datetime import datetime
from enum import StrEnum
from uuid import UUID, SafeUUID

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)} | {"o": 0, "i": 1, "l": 1}
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
"""Two characters for each ten bits."""

_RANDOMS = struct.Struct("!128Q")
_LENGTH = 26
_UNKNOWN = SafeUUID.unknown
_FORTY_BITS = (1 << 40) - 1


class Prefix(StrEnum):
    """What an id names."""

    CONNECTED_ACCOUNT = "acn"
    CUSTOMER = "cst"
    PAYMENT = "pay"
    REFUND = "rfd"
    DISPUTE = "dsp"
    TRANSFER = "trf"
    PAYOUT = "pyt"
    WALLET = "wal"
    WITHDRAWAL = "wdr"
    SUBSCRIPTION = "sbn"
    LEDGER_ACCOUNT = "la"
    LEDGER_TRANSACTION = "lt"
    OUTBOX_EVENT = "evn"
    OPERATION = "op"
    FEE_SCHEDULE = "fsc"
    STRIPE_EVENT = "sev"
    VERIFICATION = "vrf"


class _Generator:
    """UUIDv7 with a 12-bit counter, so that ids made in one process within a millisecond still sort by age."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._random: list[int] = []

    def next(self) -> UUID:
        with self._lock:
            # Random bits for many ids at once: each question to the system costs as much as the rest of an id.
            if not self._random:
                self._random = list(_RANDOMS.unpack(os.urandom(_RANDOMS.size)))
            random = self._random.pop()
            # 48 bits of milliseconds and 12 of counter in one number: a clock that steps back only uses up counter.
            self._last = max((time.time_ns() // 1_000_000) << 12, self._last + 1)
            stamp = self._last
        high = ((stamp >> 12) << 16) | 0x7000 | (stamp & 0xFFF)
        low = (0b10 << 62) | (random & 0x3FFF_FFFF_FFFF_FFFF)
        return _uuid((high << 64) | low)


def _uuid(number: int) -> UUID:
    """`UUID(int=number)`, without its looking for five other arguments, which takes longer than making one."""
    value = object.__new__(UUID)
    object.__setattr__(value, "int", number)
    object.__setattr__(value, "is_safe", _UNKNOWN)
    return value


_generator = _Generator()
os.register_at_fork(after_in_child=lambda: globals().update(_generator=_Generator()))


def new_id() -> UUID:
    """A new UUIDv7."""
    return _generator.next()


def first_id_at(moment: datetime) -> UUID:
    """The lowest id that can be made from a time on: ids sort by time, so that it bounds a range of them."""
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def format_id(prefix: Prefix, value: UUID) -> str:
    """The outside form of an id."""
    number, pairs = value.int, _PAIRS
    # In three parts that fit into machine words, and without a loop: replies to postings hold several ids each.
    top, middle, low = number >> 80, (number >> 40) & _FORTY_BITS, number & _FORTY_BITS
    return (
        f"{prefix.value}_{pairs[top >> 40]}"
        f"{pairs[top >> 30 & 1023]}{pairs[top >> 20 & 1023]}{pairs[top >> 10 & 1023]}{pairs[top & 1023]}"
        f"{pairs[middle >> 30]}{pairs[middle >> 20 & 1023]}{pairs[middle >> 10 & 1023]}{pairs[middle & 1023]}"
        f"{pairs[low >> 30]}{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}{pairs[low & 1023]}"
    )


def parse_id(prefix: Prefix, text: str) -> UUID | None:
    """The inside form of an id, or None when `text` is not an id with this prefix."""
    head, _, body = text.partition("_")
    if head != prefix or len(body) != _LENGTH:
        return None
    number = 0
    for character in body.lower():
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number << 5 | value
    return UUID(int=number) if number < 1 << 128 else None
