"""Balance transactions that are booked, and which Stripe accounts are due, in Postgres."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.ports import DueAccount, SettledFee
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail
from payments_service.storage.tables.payments import stripe_accounts as a
from payments_service.storage.tables.payments import stripe_balance_transactions as t


class SettlementRepository:
    """See `application.ports.SettlementStore`."""

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

    async def lease_due(self, limit: int, seconds: float, sweep_seconds: float) -> list[DueAccount]:
        """See the port."""
        now = func.clock_timestamp()
        due = (
            select(a.c.stripe_account)
            .where(
                a.c.lease_until <= now,
                or_(
                    a.c.due_count > a.c.settled_count,
                    a.c.settle_time.is_(None),
                    a.c.settle_time <= now - timedelta(seconds=sweep_seconds),
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

    async def settled(self, account: DueAccount, through: datetime | None) -> None:
        """See the port. Neither time nor count ever goes back."""
        await self._connection.execute(
            update(a)
            .where(a.c.stripe_account == account.stripe_account)
            .values(
                settled_count=func.greatest(a.c.settled_count, account.due_count),
                settled_through=func.greatest(a.c.settled_through, through),
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

    async def booked(self, transaction_ids: Sequence[str]) -> set[str]:
        """See the port."""
        query = select(t.c.id).where(t.c.id.in_(transaction_ids))
        return set((await self._connection.execute(query)).scalars())

    async def add(self, rows: Sequence[tuple[BalanceTransaction, UUID | None, UUID | None]]) -> None:
        """See the port. What another worker has just stored stays as it is."""
        await self._connection.execute(insert(t).on_conflict_do_nothing(), [_values(*row) for row in rows])

    async def of_payments(self, payment_ids: Sequence[UUID]) -> list[SettledFee]:
        """See the port."""
        query = select(t).where(t.c.payment_id.in_(payment_ids)).order_by(t.c.created, t.c.id)
        return [
            SettledFee(
                payment_id=row.payment_id,
                transaction=BalanceTransaction(
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
                    exchange_rate=row.exchange_rate,
                ),
            )
            for row in await self._connection.execute(query)
        ]


def _values(row: BalanceTransaction, payment_id: UUID | None, ledger_transaction_id: UUID | None) -> dict[str, object]:
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
        "payment_id": payment_id,
        "ledger_transaction_id": ledger_transaction_id,
    }
