"""The events about one object, which are looked into, applied and failed together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from payments_service.application.events.model import EventRow
from payments_service.application.events.wanting import asked_by
from payments_service.application.follow.news import Fetcher, News

LOOKS_MAX = 8
"""Cases whose objects are fetched at the same time."""


@dataclass(frozen=True, slots=True)
class Case:
    """The leased events about one object, and what Stripe says of what they ask for.

    Attributes:
        events: at least one.
        began: database time before Stripe was asked.
        direct: the payment intents on connected accounts that may be ours.
    """

    events: Sequence[EventRow]
    began: datetime
    direct: frozenset[str] = frozenset()
    news: News = field(default_factory=News)


def cases_of(events: Sequence[EventRow], began: datetime, direct: frozenset[str]) -> list[Case]:
    """A case for each object; `events` has those about one object standing together."""
    groups = groupby(events, lambda event: (event.stripe_account, event.subject or event.id))
    return [Case(list(group), began, direct) for _, group in groups]


async def look_into(
    fetcher: Fetcher, cases: Sequence[Case], began: datetime
) -> tuple[list[Case], list[tuple[Case, Exception]]]:
    """Ask Stripe about each case, a few at a time; one that fails does not hold up the others.

    Returns:
        The cases with their news, and those that failed, each with its error.
    """
    gate = asyncio.Semaphore(LOOKS_MAX)

    async def look(case: Case) -> Case | Exception:
        async with gate:
            try:
                return replace(case, began=began, news=await fetcher.fetch(asked_by(case.events, case.direct).wanted))
            except Exception as error:  # noqa: BLE001 - recorded with the events of the case
                return error

    found = await asyncio.gather(*(look(case) for case in cases))
    good = [result for result in found if isinstance(result, Case)]
    bad = [(case, result) for case, result in zip(cases, found, strict=True) if isinstance(result, Exception)]
    return good, bad
