"""The inbox in Postgres, for those who look after it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.events.model import EventState, InboxEvent
from payments_service.application.events.ports import EventFilter
from payments_service.domain.ids import first_id_at
from payments_service.storage.tables.payments import stripe_accounts
from payments_service.storage.tables.payments import stripe_events as t

CLOCK_SKEW = timedelta(minutes=1)
"""How far the clocks of processes and the database may be apart: ids are made by the first, times by the second."""

_COLUMNS = [
    column for column in t.c if column.name not in {"body", "category", "secret_index", "lease_id", "lease_until"}
]


class InboxRepository:
    """See `application.events.ports.InboxStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, which: EventFilter, before: UUID | None, limit: int) -> list[InboxEvent]:
        """See the port. Times narrow the range of ids first, which begin with a time: that is what is read."""
        conditions: list[ColumnElement[bool]] = []
        if which.states:
            conditions.append(or_(*(t.c.state == state.value for state in sorted(which.states, key=_by_name))))
        if which.types:
            conditions.append(t.c.type.in_(sorted(which.types)))
        if which.stripe_account:
            conditions.append(t.c.stripe_account == which.stripe_account)
        if which.receive_time_from is not None:
            conditions += [t.c.receive_time >= which.receive_time_from, t.c.id >= _id_at(which.receive_time_from, -1)]
        if which.receive_time_before is not None:
            conditions += [t.c.receive_time < which.receive_time_before, t.c.id < _id_at(which.receive_time_before, 1)]
        if before is not None:
            conditions.append(t.c.id < before)
        query = select(*_COLUMNS).where(*conditions).order_by(t.c.id.desc()).limit(limit)
        return [_event(row) for row in await self._connection.execute(query)]

    async def find(self, ids: Sequence[UUID], stripe_ids: Sequence[str]) -> list[InboxEvent]:
        """See the port. Stripe's ids are looked for on each account that is known, as their index needs it."""
        accounts = select(stripe_accounts.c.stripe_account)
        theirs = t.c.stripe_account.in_(accounts) & t.c.livemode.in_([True, False]) & t.c.event_id.in_(stripe_ids)
        found: dict[UUID, InboxEvent] = {}
        for condition in [t.c.id.in_(ids)] * bool(ids) + [theirs] * bool(stripe_ids):
            rows = await self._connection.execute(select(*_COLUMNS).where(condition))
            found |= {row.id: _event(row) for row in rows}
        return list(found.values())

    async def body(self, event_id: UUID) -> bytes | None:
        """See the port."""
        body: bytes | None = await self._connection.scalar(select(t.c.body).where(t.c.id == event_id))
        return body

    async def dead(self, types: Sequence[str], limit: int) -> list[UUID]:
        """See the port."""
        query = select(t.c.id).where(t.c.state == EventState.DEAD.value)
        if types:
            query = query.where(t.c.type.in_(types))
        locked = query.order_by(t.c.id).limit(limit).with_for_update(skip_locked=True)
        return list((await self._connection.execute(locked)).scalars())

    async def replay(self, event_ids: Sequence[UUID]) -> None:
        """See the port. Whoever is at one of them goes on; what it is worth is seen when the event is applied again."""
        await self._connection.execute(
            update(t)
            .where(t.c.id.in_(event_ids))
            .values(
                state=EventState.PENDING.value,
                attempts=0,
                last_error="",
                next_attempt_time=func.clock_timestamp(),
                done_time=None,
                lease_until=None,
            )
        )


def _by_name(state: EventState) -> str:
    return state.value


def _id_at(time: datetime, skews: int) -> UUID:
    return first_id_at(time + skews * CLOCK_SKEW)


def _event(row: Row[Any]) -> InboxEvent:
    values = {**row._mapping}  # noqa: SLF001 - its public API
    return InboxEvent(**values | {"state": EventState(values["state"])})
