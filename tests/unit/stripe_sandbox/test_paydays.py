"""On which days a schedule pays out."""

from datetime import date
from typing import Any

import pytest

from stripe_sandbox.resources.payouts.schedule import is_payday

WEEKLY = {"interval": "weekly", "weekly_payout_days": ["monday", "friday"]}
MONTHLY = {"interval": "monthly", "monthly_payout_days": [1, 31]}


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ({"interval": "manual"}, []),
        ({"interval": "daily"}, list(range(1, 29))),
        (WEEKLY, [2, 6, 9, 13, 16, 20, 23, 27]),
        (MONTHLY, [1, 28]),
    ],
)
def test_february_2026_has_these_paydays(schedule: dict[str, Any], days: list[int]) -> None:
    assert [day for day in range(1, 29) if is_payday(schedule, date(2026, 2, day))] == days
