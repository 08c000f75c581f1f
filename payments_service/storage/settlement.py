"""Balance transactions that are booked, and which Stripe accounts are due, in Postgres."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.settlement.ports import Booked, DueAccount, Stretch, Sweep
from payments_service.domain.settlement.kinds import Kind, types_of
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail
from payments_service.storage.among import among
from payments_service.storage.tables.payments import stripe_accounts as a
from payments_service.storage.tables.payments import stripe_balance_transactions as t

_PAID = sorted(types_of(Kind.PAID))


class SettlementRepository:
    """See `application.settlement.ports.SettlementStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def mark_due(self, stripe_accounts: Sequence[str]) -> None:
        """See the port."""
        if not stripe_accounts:
            return
        statement = insert(a).values([{"stripe_account": name, "due_count": 1} for name in sorted(stripe_accounts)])
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["stripe_account"], set_={"due_count": a.c.due_count + 1})
        )

    async def lease_due(self, limit: int, seconds: float, sweep: Sweep) -> list[DueAccount]:
        """See the port."""
        now = func.clock_timestamp()
        rest = case(
            (a.c.stripe_account == "", timedelta(seconds=sweep.platform_seconds)),
            else_=timedelta(seconds=sweep.connected_seconds),
        )
        due = (
            select(a.c.stripe_account)
            .where(
                a.c.lease_until <= now,
                or_(
                    a.c.due_count > a.c.settled_count,
                    a.c.settle_time.is_(None),
                    a.c.settle_time <= now - rest,
                ),
            )
            .order_by(a.c.settle_time.nulls_first())
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        rows = await self._connection.execute(
            update(a)
            .where(a.c.stripe_account.in_(select(due.c.stripe_account)))
            .values(lease_until=now + timedelta(seconds=seconds))
            .returning(a.c.stripe_account, a.c.due_count, a.c.settled_through)
        )
        return [DueAccount(row.stripe_account, row.due_count, row.settled_through) for row in rows]

    async def settled(self, account: DueAccount, through: datetime | None, recheck_from: datetime | None) -> None:
        """See the port. Neither time nor count ever goes back."""
        await self._connection.execute(
            update(a)
            .where(a.c.stripe_account == account.stripe_account)
            .values(
                settled_count=func.greatest(a.c.settled_count, account.due_count),
                settled_through=func.greatest(a.c.settled_through, through),
                rechecked_through=func.coalesce(a.c.rechecked_through, recheck_from),
                settle_time=func.clock_timestamp(),
                lease_until=func.clock_timestamp(),
            )
        )

    async def postpone(self, account: DueAccount, seconds: float) -> None:
        """See the port."""
        await self._connection.execute(
            update(a)
            .where(a.c.stripe_account == account.stripe_account)
            .values(lease_until=func.clock_timestamp() + timedelta(seconds=seconds))
        )

    async def lease_rechecks(self, limit: int, *, every: timedelta, age: timedelta) -> list[Stretch]:
        """See the port. The time of the last look is the lease."""
        now = func.clock_timestamp()
        # Stripe's times are whole seconds; so is an end that is ours.
        through = func.least(a.c.settled_through, func.date_trunc("second", now - age))
        due = (
            select(a.c.stripe_account, a.c.rechecked_through, through.label("through"))
            .where(
                a.c.rechecked_through < through,
                or_(a.c.recheck_time.is_(None), a.c.recheck_time <= now - every),
            )
            .order_by(a.c.recheck_time.nulls_first())
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        rows = await self._connection.execute(
            update(a)
            .where(a.c.stripe_account == due.c.stripe_account)
            .values(recheck_time=now)
            .returning(a.c.stripe_account, due.c.rechecked_through, due.c.through)
        )
        return [Stretch(row.stripe_account, row.rechecked_through, row.through) for row in rows]

    async def rechecked(self, stripe_account: str, through: datetime) -> None:
        """See the port. It never goes back."""
        await self._connection.execute(
            update(a)
            .where(a.c.stripe_account == stripe_account)
            .values(rechecked_through=func.greatest(a.c.rechecked_through, through))
        )

    async def settled_through(self, stripe_account: str) -> datetime | None:
        """See the port."""
        query = select(a.c.settled_through).where(a.c.stripe_account == stripe_account)
        return (await self._connection.execute(query)).scalar()

    async def booked(self, transaction_ids: Sequence[str]) -> set[str]:
        """See the port."""
        query = select(t.c.id).where(among(t.c.id, transaction_ids))
        return set((await self._connection.execute(query)).scalars())

    async def add(self, rows: Sequence[Booked]) -> None:
        """See the port. What another worker has just stored stays as it is."""
        await self._connection.execute(insert(t).on_conflict_do_nothing(), [_values(row) for row in rows])

    async def accounts_of(self, source_ids: Sequence[str]) -> dict[str, UUID]:
        """See the port."""
        if not source_ids:
            return {}
        query = select(t.c.source_id, t.c.connected_account_id).where(
            among(t.c.source_id, source_ids), t.c.source_id != "", t.c.connected_account_id.is_not(None)
        )
        return {row.source_id: row.connected_account_id for row in await self._connection.execute(query)}

    async def payments_of(self, source_ids: Sequence[str]) -> dict[str, UUID]:
        """See the port."""
        if not source_ids:
            return {}
        query = select(t.c.source_id, t.c.payment_id).where(
            among(t.c.source_id, source_ids), t.c.source_id != "", t.c.stripe_account == "", t.c.payment_id.is_not(None)
        )
        return {row.source_id: row.payment_id for row in await self._connection.execute(query)}

    async def of_charges(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[BalanceTransaction]]:
        """See the port."""
        found: dict[UUID, list[BalanceTransaction]] = {}
        if payment_ids:
            query = select(t).where(among(t.c.payment_id, payment_ids), t.c.stripe_account == "")
            for row in await self._connection.execute(query):
                found.setdefault(row.payment_id, []).append(_balance_transaction(row))
        return found

    async def booked_charges(self, charge_ids: Sequence[str]) -> set[str]:
        """See the port."""
        if not charge_ids:
            return set()
        query = select(t.c.source_id).where(
            among(t.c.source_id, charge_ids), t.c.source_id != "", t.c.stripe_account == "", t.c.type.in_(_PAID)
        )
        return set((await self._connection.execute(query)).scalars())

    async def of_payments(self, payment_ids: Sequence[UUID]) -> list[BalanceTransaction]:
        """See the port."""
        keys = (t.c.stripe_account, t.c.id, t.c.source_id)
        family = select(*keys).where(among(t.c.payment_id, payment_ids)).cte("family", recursive=True)
        # The last condition is that of the partial index.
        family = family.union(select(*keys).join(family, (t.c.parent_id == family.c.source_id) & (t.c.parent_id != "")))
        query = (
            select(t)
            .join(family, (t.c.stripe_account == family.c.stripe_account) & (t.c.id == family.c.id))
            .order_by(t.c.created, t.c.id)
        )
        return [_balance_transaction(row) for row in await self._connection.execute(query)]


def _balance_transaction(row: Row[Any]) -> BalanceTransaction:
    return BalanceTransaction(
        id=row.id,
        stripe_account=row.stripe_account,
        type=row.type,
        reporting_category=row.reporting_category,
        amount=row.amount_minor,
        fee=row.fee_minor,
        net=row.net_minor,
        currency=row.currency,
        created=row.created,
        available_on=row.available_on,
        description=row.description,
        fee_details=tuple(FeeDetail(**fee) for fee in row.fee_details),
        source_id=row.source_id,
        intent_id=row.intent_id,
        parent_id=row.parent_id,
        exchange_rate=row.exchange_rate,
        balance_type=row.balance_type,
    )


def _values(booked: Booked) -> dict[str, object]:
    row = booked.transaction
    return {
        "stripe_account": row.stripe_account,
        "id": row.id,
        "type": row.type,
        "reporting_category": row.reporting_category,
        "currency": row.currency,
        "amount_minor": row.amount,
        "fee_minor": row.fee,
        "net_minor": row.net,
        "fee_details": [
            {"type": fee.type, "amount": fee.amount, "description": fee.description} for fee in row.fee_details
        ],
        "created": row.created,
        "available_on": row.available_on,
        "description": row.description,
        "source_id": row.source_id,
        "intent_id": row.intent_id,
        "exchange_rate": row.exchange_rate,
        "balance_type": row.balance_type,
        "parent_id": row.parent_id,
        "payment_id": booked.payment_id,
        "connected_account_id": booked.account_id,
        "ledger_transaction_id": booked.ledger_transaction_id,
    }
