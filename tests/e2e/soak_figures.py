"""How fast and in which way the money of a soak's payments came into the books, seen from outside the service.

The gateway's log says when a webhook was answered with 200, the ledger when an entry was made; both by the same clock.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MONEY = """
SELECT b.source_id, extract(epoch FROM final.record_time)::float8,
       extract(epoch FROM least(final.record_time, early.record_time))::float8
FROM stripe_balance_transactions b
JOIN ledger_transactions final ON final.id = b.ledger_transaction_id
LEFT JOIN ledger_transactions early ON early.reference = 'charge:' || b.source_id || ':gross'
WHERE b.stripe_account = ''
"""
"""Of each charge: when its balance transaction was booked, and when its money came into the books, if only for now."""

_TELLING = """
SELECT coalesce(e.related_ids ->> 'charge', e.object_id), e.type, e.event_id, e.endpoint,
       extract(epoch FROM e.receive_time)::float8
FROM stripe_events e WHERE e.type IN ('payment_intent.succeeded', 'charge.succeeded', 'charge.updated')
"""
"""Events that say that a charge is paid."""


@dataclass(frozen=True)
class Told:
    """An event that says that a charge is paid: how and when it came, and when its webhook was answered, if ever."""

    polled: bool
    received: float
    answered: float | None


@dataclass(frozen=True)
class Way:
    """What became of all charges on one of the ways that are looked at.

    Attributes:
        came: charges by what led to their booking: a webhook, the poll, or nothing but the settlement's own listing.
        seconds: from the 200 to the booking, sorted; of charges of which a webhook told.
        ahead: how many of these were booked before that 200; they count as 0.
    """

    came: Counter[str]
    seconds: Sequence[float]
    ahead: int

    def __str__(self) -> str:
        ways = ", ".join(f"{self.came[name]} by {name}" for name in ("webhook", "poll", "settlement alone"))
        parts = [f"{name} {_part(self.seconds, part):.3f} s" for name, part in _PARTS]
        after = self.seconds[self.ahead :]
        late = f"; without these p50 {_part(after, 0.5):.3f} s, p99 {_part(after, 0.99):.3f} s" if after else ""
        return f"{ways}; of {len(self.seconds)}: {', '.join(parts)}, {self.ahead} before their 200{late}"


_PARTS = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def figures(rows: Callable[[str], Sequence[Any]], gateway_log: str) -> str:
    """What a soak has to say of itself."""
    answered = _answered(gateway_log)
    told: dict[str, dict[str, Told]] = {}
    for charge, kind, event_id, endpoint, received in rows(_TELLING):
        told.setdefault(charge, {})[kind] = Told(endpoint == "POLL", received, answered.get(event_id))
    money = rows(_MONEY)
    first = _way({charge: soonest for charge, _, soonest in money}, told)
    by_event = {charge: {"": kinds["charge.updated"]} for charge, kinds in told.items() if "charge.updated" in kinds}
    final = _way({charge: booked for charge, booked, _ in money}, by_event)
    polled = rows("SELECT count(*) FILTER (WHERE endpoint = 'POLL'), count(*) FROM stripe_events")[0]
    return (
        f"{len(money)} payments; {polled[1]} events, {polled[0]} of them recorded by the poll\n"
        f"money in the books, from the first 200 that said paid: {first}\n"
        f"balance transaction booked, from the 200 of its charge.updated: {final}"
    )


def _answered(gateway_log: str) -> dict[str, float]:
    """When each event was first answered with 200."""
    answered: dict[str, float] = {}
    for text in gateway_log.splitlines():
        line = json.loads(text)
        if line.get("event") == "webhook" and line.get("status") == 200:
            answered.setdefault(line["event_id"], datetime.fromisoformat(line["timestamp"]).timestamp())
    return answered


def _way(booked: Mapping[str, float], told: Mapping[str, Mapping[str, Told]]) -> Way:
    came: Counter[str] = Counter()
    seconds: list[float] = []
    ahead = 0
    for charge, time in booked.items():
        events = told.get(charge, {}).values()
        before = min((event for event in events if event.received <= time), key=lambda one: one.received, default=None)
        came["settlement alone" if before is None else "poll" if before.polled else "webhook"] += 1
        first = min((event.answered for event in events if event.answered is not None), default=None)
        if first is not None:
            ahead += time < first
            seconds.append(max(0.0, time - first))
    return Way(came, sorted(seconds), ahead)


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
