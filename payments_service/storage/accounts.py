"""Connected accounts in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.account.model import AccountState, BusinessType, ConnectedAccount, Requirements
from payments_service.storage.among import among
from payments_service.storage.saving import save_rows
from payments_service.storage.tables.marketplace import connected_accounts as t


class AccountRepository:
    """See `application.ports.AccountStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account: ConnectedAccount) -> None:
        """See the port."""
        await self._connection.execute(insert(t), _values(account))

    async def save(self, account: ConnectedAccount) -> None:
        """See the port."""
        await save_rows(self._connection, t, [_values(account)])

    async def get(self, account_id: UUID) -> ConnectedAccount | None:
        """See the port."""
        return (await self.many([account_id])).get(account_id)

    async def many(self, account_ids: Sequence[UUID]) -> dict[UUID, ConnectedAccount]:
        """See the port."""
        if not account_ids:
            return {}
        rows = await self._connection.execute(select(t).where(among(t.c.id, account_ids)))
        return {row.id: _account(row) for row in rows}

    async def lock(self, account_ids: Sequence[UUID]) -> dict[UUID, ConnectedAccount]:
        """See the port."""
        if not account_ids:
            return {}
        query = select(t).where(among(t.c.id, account_ids)).order_by(t.c.id).with_for_update()
        return {row.id: _account(row) for row in await self._connection.execute(query)}

    async def by_owner(self, owner_id: str) -> ConnectedAccount | None:
        """See the port."""
        query = select(t).where(t.c.owner_id == owner_id, t.c.state != AccountState.FAILED.value)
        row = (await self._connection.execute(query)).first()
        return _account(row) if row else None

    async def by_stripe(self, stripe_accounts: Sequence[str]) -> dict[str, ConnectedAccount]:
        """See the port."""
        if not stripe_accounts:
            return {}
        # The second condition is that of the partial index.
        query = select(t).where(among(t.c.stripe_account, stripe_accounts), t.c.stripe_account != "")
        return {row.stripe_account: _account(row) for row in await self._connection.execute(query)}

    async def stripe_page(self, *, after: str, limit: int) -> list[ConnectedAccount]:
        """See the port."""
        query = select(t).where(t.c.stripe_account > after, t.c.stripe_account != "").order_by(t.c.stripe_account)
        return [_account(row) for row in await self._connection.execute(query.limit(limit))]


def _values(account: ConnectedAccount) -> dict[str, Any]:
    wanted = account.requirements
    return {
        "id": account.id,
        "owner_id": account.owner_id,
        "stripe_account": account.stripe_account,
        "state": account.state.value,
        "country": account.country,
        "email": account.email,
        "business_type": account.business_type.value,
        "default_currency": account.default_currency,
        "charges_enabled": account.charges_enabled,
        "payouts_enabled": account.payouts_enabled,
        "transfers_enabled": account.transfers_enabled,
        "details_submitted": account.details_submitted,
        "requirements": {
            "currently_due": list(wanted.currently_due),
            "past_due": list(wanted.past_due),
            "disabled_reason": wanted.disabled_reason,
            "current_deadline": wanted.current_deadline.isoformat() if wanted.current_deadline else None,
        },
        "metadata": dict(account.metadata),
        "livemode": account.livemode,
        "create_time": account.create_time,
        "update_time": account.update_time,
        "observed_time": account.observed_time,
    }


def _account(row: Row[Any]) -> ConnectedAccount:
    wanted = row.requirements
    deadline = wanted["current_deadline"]
    return ConnectedAccount(
        id=row.id,
        owner_id=row.owner_id,
        stripe_account=row.stripe_account,
        state=AccountState(row.state),
        country=row.country,
        email=row.email,
        business_type=BusinessType(row.business_type),
        default_currency=row.default_currency,
        charges_enabled=row.charges_enabled,
        payouts_enabled=row.payouts_enabled,
        transfers_enabled=row.transfers_enabled,
        details_submitted=row.details_submitted,
        requirements=Requirements(
            currently_due=tuple(wanted["currently_due"]),
            past_due=tuple(wanted["past_due"]),
            disabled_reason=wanted["disabled_reason"],
            current_deadline=datetime.fromisoformat(deadline) if deadline else None,
        ),
        metadata=row.metadata,
        livemode=row.livemode,
        create_time=row.create_time,
        update_time=row.update_time,
        observed_time=row.observed_time,
    )
