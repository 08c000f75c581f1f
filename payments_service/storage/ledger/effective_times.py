"""Entries that moved money at another time than they were recorded, as columns to be written.

A balance at an effective time is the balance at that record time, without what such entries did to it, and with those
that had happened by then. The first two come from running sums. The last comes from totals by day, by five minutes of
the one day that is cut, and from the entries of the five minutes that are: so nothing grows with the account's entries.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from payments_service.domain.ledger.account import Side
from payments_service.domain.ledger.outcome import Decision
from payments_service.domain.ledger.transaction import Effect, Entry
from payments_service.storage.ledger.arrays import PackedArray, bigints, smallints, timestamps, uuids

DAY, FIVE_MINUTES = 1, 2
"""What the column `width` holds."""

_WIDTHS = {DAY: timedelta(days=1), FIVE_MINUTES: timedelta(minutes=5)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOVES = (Effect.POSTED, Effect.CAPTURED)

ShiftedEntry = tuple[Entry, datetime]
"""An entry and its effective time."""


def start_of(time: datetime, width: int) -> datetime:
    """When the day or the five minutes of a time begin, in UTC."""
    step = _WIDTHS[width]
    return _EPOCH + (time - _EPOCH) // step * step


def shifted_entries(decision: Decision) -> list[ShiftedEntry]:
    """The entries of a decision that move money at another time than they are recorded."""
    recorded = decision.record_time
    times = {one.id: one.effective_time for one in decision.transactions if one.effective_time != recorded}
    if not times:
        return []
    return [
        (entry, times[entry.transaction_id])
        for entry in decision.entries
        if entry.transaction_id in times and entry.effect in _MOVES
    ]


def shifted_columns(shifted: Sequence[ShiftedEntry]) -> tuple[PackedArray, ...]:
    """The parameters of `INSERT_SHIFTED_ENTRIES`."""
    entries = [entry for entry, _ in shifted]
    return (
        uuids([entry.account_id for entry in entries]),
        bigints([entry.version for entry in entries]),
        bigints([entry.amount_minor for entry in entries]),
        smallints([entry.side for entry in entries]),
        timestamps([time for _, time in shifted]),
    )


def total_columns(shifted: Sequence[ShiftedEntry]) -> tuple[PackedArray, ...]:
    """The parameters of `ADD_TO_EFFECTIVE_TOTALS`: each total once."""
    sums: dict[tuple[UUID, int, datetime], list[int]] = defaultdict(lambda: [0, 0])
    for entry, time in shifted:
        for width in _WIDTHS:
            side = 0 if entry.side is Side.DEBIT else 1
            sums[entry.account_id, width, start_of(time, width)][side] += entry.amount_minor
    keys = sorted(sums)
    return (
        uuids([account_id for account_id, _, _ in keys]),
        smallints([width for _, width, _ in keys]),
        timestamps([start for _, _, start in keys]),
        bigints([sums[key][0] for key in keys]),
        bigints([sums[key][1] for key in keys]),
    )
