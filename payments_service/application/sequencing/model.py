"""Streams and their numbers."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID


class Stream(StrEnum):
    """Rows that are numbered, each stream on its own from 1 on and without a gap."""

    OUTBOX = "outbox"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Head:
    """How far a stream has come.

    Attributes:
        incarnation: names this stream of this database; cursors of another one mean nothing here.
        last: its newest number; 0 when there is none. All numbers up to it can be read.
    """

    incarnation: UUID
    last: int


@dataclass(frozen=True, slots=True)
class Numbering:
    """What one round has done to a stream.

    Attributes:
        count: how many rows got a number.
        last: the newest number after it; 0 when none was given.
        oldest_age: since when the oldest row has been waiting for its number when the round began; zero for none.
    """

    count: int = 0
    last: int = 0
    oldest_age: timedelta = timedelta()
