"""Charges that are booked before Stripe has booked them, in Postgres."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.money import Money
from payments_service.domain.settlement.model import ProvisionalCharge, ProvisionalState
from payments_service.storage.among import among
from payments_service.storage.tables.payments import provisional_charges as t


class ProvisionalRepository:
    """See `application.settlement.ports.ProvisionalStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, charges: Sequence[ProvisionalCharge]) -> None:
        """See the port."""
        if not charges:
            return
        rows = [
            {
                "charge_id": charge.charge_id,
                "payment_id": charge.payment_id,
                "currency": charge.amount.currency,
                "amount_minor": charge.amount.amount_minor,
                "ledger_transaction_id": charge.ledger_transaction_id,
                "state": charge.state.value,
            }
            for charge in charges
        ]
        await self._connection.execute(insert(t), rows)

    async def of_charges(self, charge_ids: Sequence[str]) -> dict[str, ProvisionalCharge]:
        """See the port."""
        if not charge_ids:
            return {}
        rows = await self._connection.execute(select(t).where(among(t.c.charge_id, charge_ids)))
        return {
            row.charge_id: ProvisionalCharge(
                charge_id=row.charge_id,
                payment_id=row.payment_id,
                amount=Money(row.amount_minor, row.currency),
                ledger_transaction_id=row.ledger_transaction_id,
                state=ProvisionalState(row.state),
            )
            for row in rows
        }

    async def end(self, charge_ids: Sequence[str], state: ProvisionalState) -> None:
        """See the port."""
        if not charge_ids:
            return
        await self._connection.execute(
            update(t)
            .where(among(t.c.charge_id, charge_ids), t.c.state == ProvisionalState.STANDING.value)
            .values(state=state.value, end_time=func.clock_timestamp())
        )
