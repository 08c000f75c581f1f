"""Payments in Postgres."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, column, func, insert, select, update, values
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.ports import PaymentFilter
from payments_service.domain.money import Money
from payments_service.domain.payment.model import (
    CONFIRMABLE,
    CaptureMethod,
    ChargeModel,
    Payment,
    PaymentFailure,
    PaymentState,
    Split,
)
from payments_service.storage.among import among
from payments_service.storage.saving import save_rows
from payments_service.storage.tables.payments import payments as t

_WAITING = [state.value for state in CONFIRMABLE]


class PaymentRepository:
    """See `application.ports.PaymentStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, payment: Payment) -> None:
        """See the port."""
        await self._connection.execute(insert(t), _values(payment))

    async def save(self, payment: Payment) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(payment)])

    async def save_all(self, payments: Sequence[Payment]) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(payment) for payment in payments])

    async def get(self, payment_id: UUID) -> Payment | None:
        """See the port."""
        row = (await self._connection.execute(select(t).where(t.c.id == payment_id))).first()
        return _payment(row) if row else None

    async def many(self, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
        """See the port."""
        if not payment_ids:
            return {}
        query = select(t).where(among(t.c.id, payment_ids))
        return {row.id: _payment(row) for row in await self._connection.execute(query)}

    async def lock(self, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
        """See the port."""
        if not payment_ids:
            return {}
        query = select(t).where(among(t.c.id, payment_ids)).order_by(t.c.id).with_for_update()
        return {row.id: _payment(row) for row in await self._connection.execute(query)}

    async def by_intent(self, intent_ids: Sequence[str]) -> dict[str, UUID]:
        """See the port."""
        if not intent_ids:
            return {}
        # The second condition is that of the partial index.
        query = select(t.c.intent_id, t.c.id).where(among(t.c.intent_id, intent_ids), t.c.intent_id != "")
        return {row.intent_id: row.id for row in await self._connection.execute(query)}

    async def settled(self, balance_transaction_ids: Mapping[UUID, str]) -> None:
        """See the port."""
        if not balance_transaction_ids:
            return
        columns = (column("id", t.c.id.type), column("balance_transaction_id", Text))
        rows = values(*columns, name="settled").data(list(balance_transaction_ids.items()))
        await self._connection.execute(
            update(t)
            .where(t.c.id == rows.c.id)
            .values(balance_transaction_id=rows.c.balance_transaction_id, update_time=func.clock_timestamp())
        )

    async def page(self, which: PaymentFilter, before: UUID | None, limit: int) -> list[Payment]:
        """See the port."""
        conditions: list[ColumnElement[bool]] = []
        if which.owner_ids is not None:
            conditions.append(t.c.owner_id.in_(sorted(which.owner_ids)))
        if which.reference:
            conditions.append(t.c.reference == which.reference)
        if which.connected_account_id is not None:
            conditions.append(t.c.connected_account_id == which.connected_account_id)
        if which.states:
            conditions.append(t.c.state.in_(sorted(state.value for state in which.states)))
        if which.create_time_from is not None:
            conditions.append(t.c.create_time >= which.create_time_from)
        if which.create_time_before is not None:
            conditions.append(t.c.create_time < which.create_time_before)
        if which.needs_follow_up:
            conditions += [t.c.failure.is_not(None), t.c.state.in_(_WAITING)]
        if before is not None:
            conditions.append(t.c.id < before)
        query = select(t).where(*conditions).order_by(t.c.id.desc()).limit(limit)
        return [_payment(row) for row in await self._connection.execute(query)]


def _values(payment: Payment) -> dict[str, Any]:
    failure = payment.failure
    return {
        "id": payment.id,
        "owner_id": payment.owner_id,
        "reference": payment.reference,
        "currency": payment.amount.currency,
        "amount_minor": payment.amount.amount_minor,
        "amount_captured_minor": payment.amount_captured.amount_minor,
        "amount_refunded_minor": payment.amount_refunded.amount_minor,
        "charge_model": payment.charge_model.value,
        "state": payment.state.value,
        "stripe_status": payment.stripe_status,
        "description": payment.description,
        "metadata": dict(payment.metadata),
        "livemode": payment.livemode,
        "create_time": payment.create_time,
        "update_time": payment.update_time,
        "observed_time": payment.observed_time,
        "failure": {"code": failure.code, "decline_code": failure.decline_code, "message": failure.message}
        if failure
        else None,
        "intent_id": payment.intent_id,
        "charge_id": payment.charge_id,
        "balance_transaction_id": payment.balance_transaction_id,
        "event_ids": list(payment.event_ids),
        "capture_method": payment.capture_method.value,
        "amount_capturable_minor": payment.amount_capturable.amount_minor,
        "connected_account_id": payment.connected_account_id,
        "platform_fee_minor": payment.platform_fee.amount_minor,
        "transfer_id": payment.transfer_id,
        "application_fee_id": payment.application_fee_id,
        "splits": [
            {"account_id": str(split.account_id), "amount_minor": split.amount.amount_minor} for split in payment.splits
        ],
        "disputed_minor": payment.disputed_minor,
        "risks": dict(payment.risks),
        "stripe_account": payment.stripe_account,
    }


def _payment(row: Row[Any]) -> Payment:
    currency = row.currency
    return Payment(
        id=row.id,
        owner_id=row.owner_id,
        reference=row.reference,
        amount=Money(row.amount_minor, currency),
        charge_model=ChargeModel(row.charge_model),
        state=PaymentState(row.state),
        description=row.description,
        metadata=row.metadata,
        livemode=row.livemode,
        create_time=row.create_time,
        update_time=row.update_time,
        amount_captured=Money(row.amount_captured_minor, currency),
        amount_refunded=Money(row.amount_refunded_minor, currency),
        amount_capturable=Money(row.amount_capturable_minor, currency),
        platform_fee=Money(row.platform_fee_minor, currency),
        capture_method=CaptureMethod(row.capture_method),
        connected_account_id=row.connected_account_id,
        stripe_status=row.stripe_status,
        failure=PaymentFailure(**row.failure) if row.failure else None,
        intent_id=row.intent_id,
        charge_id=row.charge_id,
        balance_transaction_id=row.balance_transaction_id,
        transfer_id=row.transfer_id,
        application_fee_id=row.application_fee_id,
        event_ids=tuple(row.event_ids),
        observed_time=row.observed_time,
        splits=tuple(Split(UUID(split["account_id"]), Money(split["amount_minor"], currency)) for split in row.splits),
        disputed_minor=row.disputed_minor,
        risks=row.risks,
        stripe_account=row.stripe_account,
    )
