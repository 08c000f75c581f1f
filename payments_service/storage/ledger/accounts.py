"""Accounts as those see them who manage them: made, listed, changed."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.ledger.ports import LedgerAccountFilter
from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.views import AccountVerification, LedgerAccount
from payments_service.storage.ledger.rows import ACCOUNT_COLUMNS, account_from
from payments_service.storage.ledger.verification.one_account import verify_account
from payments_service.storage.tables.ledger import ledger_accounts as t

_ACCOUNT = [t.c[name] for name in ACCOUNT_COLUMNS.split(", ")]
_COLUMNS = [*_ACCOUNT, t.c.metadata, t.c.revision, t.c.create_time, t.c.update_time]


class LedgerAccountRepository:
    """See `application.ledger.ports.LedgerAccountStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account: Account, metadata: dict[str, str]) -> LedgerAccount | None:
        """See the port."""
        values = {
            "id": account.id,
            "code": account.code,
            "currency": account.currency,
            "kind": account.kind.value,
            "owner_id": account.owner_id,
            "floor_minor": account.floor_minor,
            "metadata": metadata,
        }
        # One look at the clock for both: each default would look for itself, and a new account seem changed.
        clock = select(func.clock_timestamp().label("now")).subquery()
        row_to_be = select(
            *(literal(value, t.c[name].type) for name, value in values.items()), clock.c.now, clock.c.now
        )
        statement = (
            insert(t)
            .from_select([*values, "create_time", "update_time"], row_to_be)
            .on_conflict_do_nothing()
            .returning(*_COLUMNS)
        )
        row = (await self._connection.execute(statement)).first()
        return None if row is None else _ledger_account(row)

    async def get(self, which: str | UUID) -> LedgerAccount | None:
        """See the port."""
        row = (await self._connection.execute(select(*_COLUMNS).where(_named(which)))).first()
        return None if row is None else _ledger_account(row)

    async def many(self, which: list[str | UUID]) -> list[Account]:
        """See the port."""
        codes = [name for name in which if isinstance(name, str)]
        ids = [name for name in which if isinstance(name, UUID)]
        query = select(*_ACCOUNT).where(t.c.code.in_(codes) | t.c.id.in_(ids))
        return [account_from(row) for row in await self._connection.execute(query)]

    async def lock(self, which: str | UUID) -> LedgerAccount | None:
        """See the port."""
        row = (await self._connection.execute(select(*_COLUMNS).where(_named(which)).with_for_update())).first()
        return None if row is None else _ledger_account(row)

    async def save(self, account: Account, metadata: dict[str, str]) -> LedgerAccount:
        """See the port."""
        statement = (
            update(t)
            .where(t.c.id == account.id)
            .values(
                state=account.state.value,
                floor_minor=account.floor_minor,
                metadata=metadata,
                revision=t.c.revision + 1,
                update_time=func.clock_timestamp(),
            )
            .returning(*_COLUMNS)
        )
        return _ledger_account((await self._connection.execute(statement)).one())

    async def page(self, which: LedgerAccountFilter, before: UUID | None, limit: int) -> list[LedgerAccount]:
        """See the port."""
        conditions: list[ColumnElement[bool]] = []
        if which.owner_ids is not None:
            conditions.append(t.c.owner_id.in_(sorted(which.owner_ids)))
        if which.code_prefix:
            conditions.append(t.c.code.startswith(which.code_prefix, autoescape=True))
        if which.kind is not None:
            conditions.append(t.c.kind == which.kind.value)
        if which.currency:
            conditions.append(t.c.currency == which.currency)
        if which.states:
            conditions.append(t.c.state.in_(sorted(state.value for state in which.states)))
        if before is not None:
            conditions.append(t.c.id < before)
        query = select(*_COLUMNS).where(*conditions).order_by(t.c.id.desc()).limit(limit)
        return [_ledger_account(row) for row in await self._connection.execute(query)]

    async def verify(self, account: Account) -> AccountVerification:
        """See the port."""
        return await verify_account(self._connection, account)


def _named(which: str | UUID) -> ColumnElement[bool]:
    return t.c.code == which if isinstance(which, str) else t.c.id == which


def _ledger_account(row: Row[Any]) -> LedgerAccount:
    return LedgerAccount(account_from(row[: len(_ACCOUNT)]), *row[len(_ACCOUNT) :])
