"""Fee schedules in Postgres."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.ports import FeeScheduleFilter
from payments_service.domain.fee.schedule import FeeKind, FeeRule, FeeSchedule
from payments_service.storage.tables.fee_schedules import fee_schedule_versions as v
from payments_service.storage.tables.fee_schedules import fee_schedules as t

_ALL = UUID(int=0)
"""Stands for all accounts: NULL would be unequal to itself in keys and unique indexes."""


class FeeScheduleRepository:
    """See `application.ports.FeeScheduleStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def next_version(self, kind: FeeKind, account_id: UUID | None) -> int:
        """See the port."""
        statement = insert(v).values(kind=kind.value, account_id=account_id or _ALL, newest=1)
        counted = statement.on_conflict_do_update(
            index_elements=[v.c.kind, v.c.account_id], set_={"newest": v.c.newest + 1}
        ).returning(v.c.newest)
        version: int = (await self._connection.execute(counted)).scalar_one()
        return version

    async def add(self, schedule: FeeSchedule) -> None:
        """See the port."""
        await self._connection.execute(
            insert(t).values(
                id=schedule.id,
                kind=schedule.kind.value,
                account_id=schedule.account_id or _ALL,
                version=schedule.version,
                effective_time=schedule.effective_time,
                create_time=schedule.create_time,
                created_by=schedule.created_by,
                rules={rule.currency: _limits(rule) for rule in schedule.rules},
            )
        )

    async def get(self, schedule_id: UUID) -> FeeSchedule | None:
        """See the port."""
        row = (await self._connection.execute(select(t).where(t.c.id == schedule_id))).first()
        return _schedule(row) if row else None

    async def in_force(self, kind: FeeKind, account_id: UUID | None, at: datetime, currency: str) -> list[FeeSchedule]:
        """See the port."""
        codes = func.jsonb_object_keys(t.c.rules).table_valued("code").render_derived("codes").lateral()
        code = codes.c.code
        newest = (
            select(t.c.id)
            .select_from(t.join(codes, true()))
            .ext(distinct_on(t.c.account_id, code))
            .where(t.c.kind == kind.value, t.c.account_id.in_({_ALL, account_id or _ALL}), t.c.effective_time <= at)
            .order_by(t.c.account_id, code, t.c.effective_time.desc(), t.c.version.desc())
        )
        if currency:
            newest = newest.where(code == currency)
        query = select(t).where(t.c.id.in_(newest))
        return [_schedule(row) for row in await self._connection.execute(query)]

    async def page(self, which: FeeScheduleFilter, before: UUID | None, limit: int) -> list[FeeSchedule]:
        """See the port."""
        conditions: list[ColumnElement[bool]] = []
        if which.kind is not None:
            conditions.append(t.c.kind == which.kind.value)
        if which.account_id is not None:
            conditions.append(t.c.account_id == which.account_id)
        if which.general_only:
            conditions.append(t.c.account_id == _ALL)
        if which.effective_time_from is not None:
            conditions.append(t.c.effective_time >= which.effective_time_from)
        if which.effective_time_before is not None:
            conditions.append(t.c.effective_time < which.effective_time_before)
        if before is not None:
            conditions.append(t.c.id < before)
        query = select(t).where(*conditions).order_by(t.c.id.desc()).limit(limit)
        return [_schedule(row) for row in await self._connection.execute(query)]


def _limits(rule: FeeRule) -> dict[str, int | None]:
    return {
        "basis_points": rule.basis_points,
        "fixed_minor": rule.fixed_minor,
        "min_minor": rule.min_minor,
        "max_minor": rule.max_minor,
    }


def _schedule(row: Row[Any]) -> FeeSchedule:
    return FeeSchedule(
        id=row.id,
        version=row.version,
        kind=FeeKind(row.kind),
        account_id=None if row.account_id == _ALL else row.account_id,
        effective_time=row.effective_time,
        create_time=row.create_time,
        created_by=row.created_by,
        rules=tuple(FeeRule(currency, **limits) for currency, limits in sorted(row.rules.items())),
    )
