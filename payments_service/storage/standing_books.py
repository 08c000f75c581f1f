"""What stands in the books and must not for long, in Postgres."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.settlement.ports import Standing

# A colon before a word would be taken for a parameter, were it not for the backslash.
_SUSPENSE = text(
    r"""
    SELECT currency, sum(abs(posted_debits - posted_credits))::bigint AS amount FROM ledger_accounts
    WHERE code LIKE '%suspense\:%' AND code NOT LIKE 'caller\:%' AND posted_debits <> posted_credits GROUP BY currency
    """
)
"""The first condition is that of the partial index."""

_RECEIVABLE = text(
    r"""
    SELECT currency, sum(posted_debits - posted_credits)::bigint AS amount FROM ledger_accounts
    WHERE code >= 'receivable\:' AND code < 'receivable;' AND posted_debits <> posted_credits GROUP BY currency
    """
)
_UNSETTLED = text(
    """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(record_time)), 0)::float8
    FROM provisional_charges WHERE state = 'STANDING'
    """
)
_IN_TRANSIT = text(
    r"""
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(e.record_time)), 0)::float8
    FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
    WHERE a.code >= 'payouts_in_transit\:' AND a.code < 'payouts_in_transit;' AND a.posted_debits > a.posted_credits
      AND e.side = 1 AND e.effect IN (1, 3) AND e.posted_debits > a.posted_credits
    """
)
"""First in, first out: the oldest debit that is not covered by the credits so far."""


class StandingRepository:
    """See `application.settlement.ports.StandingStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def standing(self) -> Standing:
        """See the port."""
        suspense = await self._connection.execute(_SUSPENSE)
        receivable = await self._connection.execute(_RECEIVABLE)
        return Standing(
            suspense={row.currency: row.amount for row in suspense},
            receivable={row.currency: row.amount for row in receivable},
            unsettled_seconds=(await self._connection.execute(_UNSETTLED)).scalar_one(),
            in_transit_seconds=(await self._connection.execute(_IN_TRANSIT)).scalar_one(),
        )
