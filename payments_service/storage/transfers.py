"""Transfers to connected accounts in Postgres."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.money import Money
from payments_service.domain.transfer.model import Transfer, TransferState
from payments_service.storage.saving import save_rows
from payments_service.storage.tables.money_objects import transfers as t


class TransferRepository:
    """See `application.follow.ports.TransferStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, transfer: Transfer) -> None:
        """See the port."""
        await self._connection.execute(insert(t), _values(transfer))

    async def save(self, transfer: Transfer) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(transfer)])

    async def by_stripe(self, stripe_transfer_ids: Sequence[str], *, lock: bool = False) -> dict[str, Transfer]:
        """See the port."""
        if not stripe_transfer_ids:
            return {}
        query = select(t).where(t.c.stripe_transfer_id.in_(stripe_transfer_ids)).order_by(t.c.id)
        rows = await self._connection.execute(query.with_for_update() if lock else query)
        return {row.stripe_transfer_id: _transfer(row) for row in rows}


def _values(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "stripe_transfer_id": transfer.stripe_transfer_id,
        "connected_account_id": transfer.connected_account_id,
        "owner_id": transfer.owner_id,
        "currency": transfer.amount.currency,
        "amount_minor": transfer.amount.amount_minor,
        "amount_reversed_minor": transfer.amount_reversed.amount_minor,
        "state": transfer.state.value,
        "destination": transfer.destination,
        "source_transaction_id": transfer.source_transaction_id,
        "destination_payment_id": transfer.destination_payment_id,
        "balance_transaction_id": transfer.balance_transaction_id,
        "transfer_group": transfer.transfer_group,
        "livemode": transfer.livemode,
        "create_time": transfer.create_time,
        "update_time": transfer.update_time,
        "observed_time": transfer.observed_time,
    }


def _transfer(row: Row[Any]) -> Transfer:
    return Transfer(
        id=row.id,
        stripe_transfer_id=row.stripe_transfer_id,
        connected_account_id=row.connected_account_id,
        owner_id=row.owner_id,
        amount=Money(row.amount_minor, row.currency),
        amount_reversed=Money(row.amount_reversed_minor, row.currency),
        state=TransferState(row.state),
        destination=row.destination,
        source_transaction_id=row.source_transaction_id,
        destination_payment_id=row.destination_payment_id,
        balance_transaction_id=row.balance_transaction_id,
        transfer_group=row.transfer_group,
        livemode=row.livemode,
        create_time=row.create_time,
        update_time=row.update_time,
        observed_time=row.observed_time,
    )
