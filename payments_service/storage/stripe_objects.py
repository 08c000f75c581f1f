"""Stripe's objects without a model of their own, in Postgres."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.stripe_object.model import Fact, ObjectKey, ObjectKind, StripeObject
from payments_service.storage.saving import save_rows
from payments_service.storage.tables.stripe_objects import stripe_objects as t

_KEY = (t.c.stripe_account, t.c.kind, t.c.id)


class ObjectRepository:
    """See `application.follow.ports.ObjectStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, seen: StripeObject) -> None:
        """See the port."""
        await self._connection.execute(insert(t), _values(seen))

    async def save(self, seen: StripeObject) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(seen)])

    async def lock(self, keys: Sequence[ObjectKey]) -> dict[ObjectKey, StripeObject]:
        """See the port."""
        if not keys:
            return {}
        wanted = [(key.stripe_account, key.kind.value, key.id) for key in keys]
        query = select(t).where(tuple_(*_KEY).in_(wanted)).order_by(*_KEY).with_for_update()
        found = (_object(row) for row in await self._connection.execute(query))
        return {seen.key: seen for seen in found}


def _values(seen: StripeObject) -> dict[str, Any]:
    return {
        "stripe_account": seen.key.stripe_account,
        "kind": seen.key.kind.value,
        "id": seen.key.id,
        "status": seen.status,
        "facts": {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in seen.facts.items()},
        "livemode": seen.livemode,
        "deleted": seen.deleted,
        "event_id": seen.event_id,
        "create_time": seen.create_time,
        "update_time": seen.update_time,
        "observed_time": seen.observed_time,
    }


def _object(row: Row[Any]) -> StripeObject:
    facts: dict[str, Fact] = {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in row.facts.items()}
    return StripeObject(
        key=ObjectKey(row.stripe_account, ObjectKind(row.kind), row.id),
        status=row.status,
        facts=facts,
        livemode=row.livemode,
        deleted=row.deleted,
        event_id=row.event_id,
        create_time=row.create_time,
        update_time=row.update_time,
        observed_time=row.observed_time,
    )
