"""Payouts in Postgres."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.follow.ports import PayoutFilter
from payments_service.domain.money import Money
from payments_service.domain.payout.model import Payout, PayoutState
from payments_service.storage.saving import save_rows
from payments_service.storage.standing import from_json, to_json
from payments_service.storage.tables.money_objects import payouts as t


class PayoutRepository:
    """See `application.follow.ports.PayoutStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, payout: Payout) -> None:
        """See the port."""
        await self._connection.execute(insert(t), _values(payout))

    async def save(self, payout: Payout) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(payout)])

    async def get(self, payout_id: UUID) -> Payout | None:
        """See the port."""
        row = (await self._connection.execute(select(t).where(t.c.id == payout_id))).first()
        return _payout(row) if row else None

    async def by_stripe(self, stripe_payout_ids: Sequence[str], *, lock: bool = False) -> dict[str, Payout]:
        """See the port."""
        if not stripe_payout_ids:
            return {}
        query = select(t).where(t.c.stripe_payout_id.in_(stripe_payout_ids)).order_by(t.c.id)
        rows = await self._connection.execute(query.with_for_update() if lock else query)
        return {row.stripe_payout_id: _payout(row) for row in rows}

    async def page(self, which: PayoutFilter, before: UUID | None, limit: int) -> list[Payout]:
        """See the port."""
        conditions: list[ColumnElement[bool]] = []
        if which.owner_ids is not None:
            conditions.append(t.c.owner_id.in_(sorted(which.owner_ids)))
        if which.connected_account_id is not None:
            conditions.append(t.c.connected_account_id == which.connected_account_id)
        if which.platform_only:
            conditions.append(t.c.stripe_account == "")
        if which.states:
            conditions.append(t.c.state.in_(sorted(state.value for state in which.states)))
        if before is not None:
            conditions.append(t.c.id < before)
        query = select(t).where(*conditions).order_by(t.c.id.desc()).limit(limit)
        return [_payout(row) for row in await self._connection.execute(query)]


def _values(payout: Payout) -> dict[str, Any]:
    return {
        "id": payout.id,
        "stripe_payout_id": payout.stripe_payout_id,
        "stripe_account": payout.stripe_account,
        "connected_account_id": payout.connected_account_id,
        "owner_id": payout.owner_id,
        "currency": payout.amount.currency,
        "amount_minor": payout.amount.amount_minor,
        "moved_currency": payout.moved.currency,
        "moved_minor": payout.moved.amount_minor,
        "state": payout.state.value,
        "stripe_status": payout.stripe_status,
        "arrival_time": payout.arrival_time,
        "automatic": payout.automatic,
        "method": payout.method,
        "failure_code": payout.failure_code,
        "balance_transaction_id": payout.balance_transaction_id,
        "failure_balance_transaction_id": payout.failure_balance_transaction_id,
        "original_payout_id": payout.original_payout_id,
        "reversed_by_id": payout.reversed_by_id,
        "reconciliation_status": payout.reconciliation_status,
        "arrived": to_json(payout.arrived) if payout.arrived else None,
        "posted": payout.posted,
        "livemode": payout.livemode,
        "create_time": payout.create_time,
        "update_time": payout.update_time,
        "observed_time": payout.observed_time,
    }


def _payout(row: Row[Any]) -> Payout:
    return Payout(
        id=row.id,
        stripe_payout_id=row.stripe_payout_id,
        stripe_account=row.stripe_account,
        connected_account_id=row.connected_account_id,
        owner_id=row.owner_id,
        amount=Money(row.amount_minor, row.currency),
        moved=Money(row.moved_minor, row.moved_currency),
        state=PayoutState(row.state),
        stripe_status=row.stripe_status,
        arrival_time=row.arrival_time,
        automatic=row.automatic,
        method=row.method,
        failure_code=row.failure_code,
        balance_transaction_id=row.balance_transaction_id,
        failure_balance_transaction_id=row.failure_balance_transaction_id,
        original_payout_id=row.original_payout_id,
        reversed_by_id=row.reversed_by_id,
        reconciliation_status=row.reconciliation_status,
        arrived=from_json(row.arrived) if row.arrived else None,
        posted=row.posted,
        livemode=row.livemode,
        create_time=row.create_time,
        update_time=row.update_time,
        observed_time=row.observed_time,
    )
