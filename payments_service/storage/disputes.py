"""Disputes in Postgres."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.follow.ports import DisputeFilter
from payments_service.domain.dispute.model import Dispute, DisputeReason, DisputeState
from payments_service.domain.money import Money
from payments_service.storage.among import among
from payments_service.storage.saving import save_rows
from payments_service.storage.standing import all_from_json, to_json
from payments_service.storage.tables.money_objects import disputes as t


class DisputeRepository:
    """See `application.follow.ports.DisputeStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, dispute: Dispute) -> None:
        """See the port."""
        await self._connection.execute(insert(t), _values(dispute))

    async def save(self, dispute: Dispute) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(dispute)])

    async def get(self, dispute_id: UUID) -> Dispute | None:
        """See the port."""
        row = (await self._connection.execute(select(t).where(t.c.id == dispute_id))).first()
        return _dispute(row) if row else None

    async def by_stripe(self, stripe_dispute_ids: Sequence[str], *, lock: bool = False) -> dict[str, Dispute]:
        """See the port."""
        if not stripe_dispute_ids:
            return {}
        query = select(t).where(among(t.c.stripe_dispute_id, stripe_dispute_ids)).order_by(t.c.id)
        rows = await self._connection.execute(query.with_for_update() if lock else query)
        return {row.stripe_dispute_id: _dispute(row) for row in rows}

    async def of_payments(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[Dispute]]:
        """See the port."""
        found: dict[UUID, list[Dispute]] = {}
        if not payment_ids:
            return found
        query = select(t).where(among(t.c.payment_id, payment_ids)).order_by(t.c.id)
        for row in await self._connection.execute(query):
            found.setdefault(row.payment_id, []).append(_dispute(row))
        return found

    async def page(self, which: DisputeFilter, before: UUID | None, limit: int) -> list[Dispute]:
        """See the port."""
        conditions: list[ColumnElement[bool]] = []
        if which.owner_ids is not None:
            conditions.append(t.c.owner_id.in_(sorted(which.owner_ids)))
        if which.payment_id is not None:
            conditions.append(t.c.payment_id == which.payment_id)
        if which.connected_account_id is not None:
            conditions.append(t.c.connected_account_id == which.connected_account_id)
        if which.states:
            conditions.append(t.c.state.in_(sorted(state.value for state in which.states)))
        if before is not None:
            conditions.append(t.c.id < before)
        query = select(t).where(*conditions).order_by(t.c.id.desc()).limit(limit)
        return [_dispute(row) for row in await self._connection.execute(query)]


def _values(dispute: Dispute) -> dict[str, Any]:
    return {
        "id": dispute.id,
        "stripe_dispute_id": dispute.stripe_dispute_id,
        "stripe_account": dispute.stripe_account,
        "payment_id": dispute.payment_id,
        "connected_account_id": dispute.connected_account_id,
        "owner_id": dispute.owner_id,
        "reference": dispute.reference,
        "charge_id": dispute.charge_id,
        "intent_id": dispute.intent_id,
        "currency": dispute.amount.currency,
        "amount_minor": dispute.amount.amount_minor,
        "state": dispute.state.value,
        "stripe_status": dispute.stripe_status,
        "reason": dispute.reason.value,
        "stripe_reason": dispute.stripe_reason,
        "network_reason_code": dispute.network_reason_code,
        "evidence_due_time": dispute.evidence_due_time,
        "submission_count": dispute.submission_count,
        "withheld_minor": dict(dispute.withheld_minor),
        "losses": [to_json(loss) for loss in dispute.losses],
        "holds": [to_json(hold) for hold in dispute.holds],
        "posted": dispute.posted,
        "livemode": dispute.livemode,
        "create_time": dispute.create_time,
        "update_time": dispute.update_time,
        "observed_time": dispute.observed_time,
    }


def _dispute(row: Row[Any]) -> Dispute:
    return Dispute(
        id=row.id,
        stripe_dispute_id=row.stripe_dispute_id,
        stripe_account=row.stripe_account,
        payment_id=row.payment_id,
        connected_account_id=row.connected_account_id,
        owner_id=row.owner_id,
        reference=row.reference,
        charge_id=row.charge_id,
        intent_id=row.intent_id,
        amount=Money(row.amount_minor, row.currency),
        state=DisputeState(row.state),
        stripe_status=row.stripe_status,
        reason=DisputeReason(row.reason),
        stripe_reason=row.stripe_reason,
        network_reason_code=row.network_reason_code,
        evidence_due_time=row.evidence_due_time,
        submission_count=row.submission_count,
        withheld_minor=row.withheld_minor,
        losses=all_from_json(row.losses),
        holds=all_from_json(row.holds),
        posted=row.posted,
        livemode=row.livemode,
        create_time=row.create_time,
        update_time=row.update_time,
        observed_time=row.observed_time,
    )
