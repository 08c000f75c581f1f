"""Operations in Postgres: calls to Stripe whose outcome is known, or must become known."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.operations.model import Operation, OperationState, StripeCall
from payments_service.storage.tables.payments import stripe_operations as t

_COLUMNS = [column for column in t.c if column.name not in {"last_error", "finish_time"}]
_ERROR_MAX = 500
# Made once, since every call of ours needs them (docs/performance.md, `CreatePayment`).
_LOCK: Select[Any] = (
    select(*_COLUMNS, func.clock_timestamp().label("now")).where(t.c.id == bindparam("operation_id")).with_for_update()
)
_FINISH = update(t).where(t.c.id == bindparam("operation_id")).values(finish_time=func.clock_timestamp())


class OperationRepository:
    """See `application.ports.OperationStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, operation: Operation) -> None:
        """See the port."""
        call = operation.call
        await self._connection.execute(
            insert(t),
            {
                "id": operation.id,
                "kind": operation.kind,
                "object_id": operation.object_id,
                "claim": operation.claim,
                "method": operation.method,
                "request_id": operation.request_id,
                "call": {
                    "method": call.method,
                    "path": call.path,
                    "params": dict(call.params),
                    "stripe_account": call.stripe_account,
                },
                "state": operation.state.value,
                "create_time": operation.create_time,
                "execute_until": operation.execute_until,
                "lease_until": operation.lease_until,
                "next_attempt_time": operation.next_attempt_time,
                "attempts": operation.attempts,
            },
        )

    async def get(self, operation_id: UUID) -> Operation | None:
        """See the port."""
        row = (await self._connection.execute(select(*_COLUMNS).where(t.c.id == operation_id))).first()
        return _operation(row) if row else None

    async def lock(self, operation_id: UUID) -> tuple[Operation, datetime]:
        """See the port."""
        row = (await self._connection.execute(_LOCK, {"operation_id": operation_id})).one()
        return _operation(row), row.now

    async def finish(self, operation_id: UUID, state: OperationState, error: str = "") -> None:
        """See the port."""
        outcome = {"operation_id": operation_id, "state": state.value, "last_error": error[:_ERROR_MAX]}
        await self._connection.execute(_FINISH, outcome)

    async def postpone(self, operation_id: UUID, next_attempt_time: datetime, error: str) -> None:
        """See the port. The lease ends too: nobody is at it until then."""
        await self._connection.execute(
            update(t)
            .where(t.c.id == operation_id, t.c.state == OperationState.IN_PROGRESS.value)
            .values(
                next_attempt_time=next_attempt_time,
                lease_until=func.clock_timestamp(),
                last_error=error[:_ERROR_MAX],
            )
        )

    async def accounts_under_way(self, stripe_accounts: Sequence[str]) -> set[str]:
        """See the port. What is in progress is little, and has an index of its own."""
        account = t.c.call["stripe_account"].astext
        query = select(account).where(t.c.state == OperationState.IN_PROGRESS.value, account.in_(stripe_accounts))
        return set((await self._connection.execute(query)).scalars())

    async def active_on(self, object_id: UUID) -> UUID | None:
        """See the port."""
        query = select(t.c.id).where(t.c.object_id == object_id, t.c.state == OperationState.IN_PROGRESS.value).limit(1)
        found: UUID | None = (await self._connection.execute(query)).scalar_one_or_none()
        return found

    async def lease_due(self, limit: int, seconds: float) -> list[Operation]:
        """See the port."""
        now = func.clock_timestamp()
        due = (
            select(t.c.id)
            .where(t.c.state == OperationState.IN_PROGRESS.value, t.c.next_attempt_time <= now)
            .order_by(t.c.next_attempt_time)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        until = now + timedelta(seconds=seconds)
        rows = await self._connection.execute(
            update(t)
            .where(t.c.id.in_(select(due.c.id)))
            .values(lease_until=until, next_attempt_time=until, attempts=t.c.attempts + 1)
            .returning(*_COLUMNS)
        )
        return [_operation(row) for row in rows]


def _operation(row: Row[Any]) -> Operation:
    call = row.call
    return Operation(
        id=row.id,
        kind=row.kind,
        object_id=row.object_id,
        claim=row.claim,
        method=row.method,
        request_id=row.request_id,
        call=StripeCall(call["method"], call["path"], call["params"], call["stripe_account"]),
        state=OperationState(row.state),
        create_time=row.create_time,
        execute_until=row.execute_until,
        lease_until=row.lease_until,
        next_attempt_time=row.next_attempt_time,
        attempts=row.attempts,
    )
