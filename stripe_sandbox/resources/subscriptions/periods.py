"""The calendar of billing: periods of days, weeks, months and years from an anchor.

A month's boundary keeps the anchor's day as far as the month has it: 31 January, 28 February, 31 March
(https://docs.stripe.com/billing/subscriptions/billing-cycle).
"""

import calendar
from datetime import UTC, datetime, timedelta

from stripe_sandbox.json_types import JsonObject

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}
_MONTHS_PER_YEAR = 12


def boundary(anchor: int, recurring: JsonObject, number: int) -> int:
    """The moment `number` periods after the anchor, in Unix seconds."""
    start = datetime.fromtimestamp(anchor, UTC)
    steps = number * int(recurring["interval_count"])
    interval = recurring["interval"]
    if interval in _DAYS:
        return int((start + timedelta(days=steps * _DAYS[interval])).timestamp())
    months = start.year * _MONTHS_PER_YEAR + start.month - 1 + steps * _MONTHS[interval]
    year, month = divmod(months, _MONTHS_PER_YEAR)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def next_boundary(anchor: int, recurring: JsonObject, moment: int) -> int:
    """The first boundary after `moment`."""
    number = 1
    while boundary(anchor, recurring, number) <= moment:
        number += 1
    return boundary(anchor, recurring, number)
