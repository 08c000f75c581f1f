"""Refunds in Postgres."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.ports import RefundFilter
from payments_service.domain.money import Money
from payments_service.domain.refund.model import AbsorbBy, Refund, RefundReason, RefundState
from payments_service.storage.among import among
from payments_service.storage.saving import save_rows
from payments_service.storage.tables.marketplace import refunds as t


class RefundRepository:
    """See `application.ports.RefundStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, refund: Refund) -> None:
        """See the port."""
        await self._connection.execute(insert(t), _values(refund))

    async def save(self, refund: Refund) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(refund)])

    async def get(self, refund_id: UUID) -> Refund | None:
        """See the port."""
        row = (await self._connection.execute(select(t).where(t.c.id == refund_id))).first()
        return _refund(row) if row else None

    async def of_payments(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[Refund]]:
        """See the port."""
        found: dict[UUID, list[Refund]] = {}
        if not payment_ids:
            return found
        query = select(t).where(among(t.c.payment_id, payment_ids)).order_by(t.c.id)
        for row in await self._connection.execute(query):
            found.setdefault(row.payment_id, []).append(_refund(row))
        return found

    async def by_stripe(self, stripe_refund_ids: Sequence[str]) -> dict[str, Refund]:
        """See the port."""
        if not stripe_refund_ids:
            return {}
        # The second condition is that of the partial index.
        query = select(t).where(among(t.c.stripe_refund_id, stripe_refund_ids), t.c.stripe_refund_id != "")
        return {row.stripe_refund_id: _refund(row) for row in await self._connection.execute(query)}

    async def page(self, which: RefundFilter, before: UUID | None, limit: int) -> list[Refund]:
        """See the port."""
        conditions: list[ColumnElement[bool]] = []
        if which.owner_ids is not None:
            conditions.append(t.c.owner_id.in_(sorted(which.owner_ids)))
        if which.payment_id is not None:
            conditions.append(t.c.payment_id == which.payment_id)
        if which.states:
            conditions.append(t.c.state.in_(sorted(state.value for state in which.states)))
        if before is not None:
            conditions.append(t.c.id < before)
        query = select(t).where(*conditions).order_by(t.c.id.desc()).limit(limit)
        return [_refund(row) for row in await self._connection.execute(query)]


def _values(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "owner_id": refund.owner_id,
        "reference": refund.reference,
        "currency": refund.amount.currency,
        "amount_minor": refund.amount.amount_minor,
        "state": refund.state.value,
        "stripe_status": refund.stripe_status,
        "reason": refund.reason.value,
        "absorb_by": refund.absorb_by.value,
        "reverse_transfer": refund.reverse_transfer,
        "refund_platform_fee": refund.refund_platform_fee,
        "failure_reason": refund.failure_reason,
        "metadata": dict(refund.metadata),
        "livemode": refund.livemode,
        "create_time": refund.create_time,
        "update_time": refund.update_time,
        "observed_time": refund.observed_time,
        "stripe_refund_id": refund.stripe_refund_id,
        "balance_transaction_id": refund.balance_transaction_id,
        "transfer_reversal_id": refund.transfer_reversal_id,
    }


def _refund(row: Row[Any]) -> Refund:
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        owner_id=row.owner_id,
        reference=row.reference,
        amount=Money(row.amount_minor, row.currency),
        state=RefundState(row.state),
        stripe_status=row.stripe_status,
        reason=RefundReason(row.reason),
        absorb_by=AbsorbBy(row.absorb_by),
        reverse_transfer=row.reverse_transfer,
        refund_platform_fee=row.refund_platform_fee,
        failure_reason=row.failure_reason,
        metadata=row.metadata,
        livemode=row.livemode,
        create_time=row.create_time,
        update_time=row.update_time,
        observed_time=row.observed_time,
        stripe_refund_id=row.stripe_refund_id,
        balance_transaction_id=row.balance_transaction_id,
        transfer_reversal_id=row.transfer_reversal_id,
    )
