"""Computing an account again from its entries, a stretch at a time, and naming the first entry that differs."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.views import AccountVerification
from payments_service.storage.ledger.effective_times import DAY, FIVE_MINUTES
from payments_service.storage.ledger.rows import Row

STRETCH = 50_000
"""Entries read by one statement, so that none runs into the limit of time."""

_TOTALS = ("posted_debits", "posted_credits", "pending_debits", "pending_credits")

_FOLD = text(
    """
    WITH folded AS (
        SELECT version, record_time, :after + row_number() OVER w AS place, lag(record_time) OVER w AS time_before,
               posted_debits, posted_credits, pending_debits, pending_credits,
               :posted_debits + sum(CASE WHEN side = 1 THEN posted ELSE 0 END) OVER w AS debits,
               :posted_credits + sum(CASE WHEN side = 2 THEN posted ELSE 0 END) OVER w AS credits,
               :pending_debits + sum(CASE WHEN side = 1 THEN pending ELSE 0 END) OVER w AS held_debits,
               :pending_credits + sum(CASE WHEN side = 2 THEN pending ELSE 0 END) OVER w AS held_credits
        FROM (
            SELECT *, CASE WHEN effect IN (1, 3) THEN amount_minor ELSE 0 END AS posted,
                   CASE effect WHEN 2 THEN amount_minor WHEN 1 THEN 0 ELSE -amount_minor END AS pending
            FROM ledger_entries
            WHERE account_id = :account_id AND version > :after AND version <= :up_to
        ) e
        WINDOW w AS (ORDER BY version)
    )
    SELECT count(*), max(version),
           min(version) FILTER (WHERE version <> place),
           min(version) FILTER (WHERE record_time < time_before),
           min(version) FILTER (WHERE (posted_debits, posted_credits, pending_debits, pending_credits)
                                IS DISTINCT FROM (debits, credits, held_debits, held_credits)),
           max(debits)::bigint, max(credits)::bigint,
           (array_agg(held_debits ORDER BY version DESC))[1]::bigint,
           (array_agg(held_credits ORDER BY version DESC))[1]::bigint
    FROM folded
    """
)

_SHIFTED = text(
    """
    SELECT min(version) FROM (
        SELECT coalesce(s.version, e.version) AS version
        FROM (
            SELECT e.version, e.side, e.amount_minor, t.effective_time
            FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
            WHERE e.account_id = :account_id AND e.version > :after AND e.version <= :up_to
              AND e.effect IN (1, 3) AND t.effective_time <> t.record_time
        ) e
        FULL JOIN (
            SELECT version, side, amount_minor, effective_time FROM ledger_shifted_entries
            WHERE account_id = :account_id AND version > :after AND version <= :up_to
        ) s ON s.version = e.version
        WHERE (s.side, s.amount_minor, s.effective_time) IS DISTINCT FROM (e.side, e.amount_minor, e.effective_time)
    ) different
    """
)

_SHIFTED_SUMS = text(
    """
    SELECT min(version) FROM (
        SELECT version, shifted_debits, shifted_credits,
               sum(CASE WHEN side = 1 THEN amount_minor ELSE 0 END) OVER w AS debits,
               sum(CASE WHEN side = 2 THEN amount_minor ELSE 0 END) OVER w AS credits
        FROM ledger_shifted_entries WHERE account_id = :account_id AND version <= :up_to
        WINDOW w AS (ORDER BY version)
    ) s
    WHERE (shifted_debits, shifted_credits) IS DISTINCT FROM (debits, credits)
    """
)

_EFFECTIVE_TOTALS = text(
    f"""
    WITH folded AS (
        SELECT w.width, to_timestamp(floor(extract(epoch FROM s.effective_time) / w.seconds) * w.seconds) AS start_time,
               sum(CASE WHEN side = 1 THEN amount_minor ELSE 0 END) AS debits,
               sum(CASE WHEN side = 2 THEN amount_minor ELSE 0 END) AS credits
        FROM ledger_shifted_entries s CROSS JOIN (VALUES ({DAY}, 86400), ({FIVE_MINUTES}, 300)) AS w (width, seconds)
        WHERE s.account_id = :account_id
        GROUP BY w.width, 2
    ), kept AS (
        SELECT width, start_time, debits, credits FROM ledger_effective_totals WHERE account_id = :account_id
    )
    SELECT min(start_time) FROM (
        SELECT coalesce(f.start_time, k.start_time) AS start_time
        FROM folded f FULL JOIN kept k ON k.width = f.width AND k.start_time = f.start_time
        WHERE (f.debits, f.credits) IS DISTINCT FROM (k.debits, k.credits)
    ) different
    """  # noqa: S608 - constants
)


async def verify_account(connection: AsyncConnection, account: Account) -> AccountVerification:
    """Compute an account again from its entries up to its version; those that come meanwhile are left out.

    Args:
        connection: with a transaction open.
        account: as it was read. Its entries never change, so they can be read in stretches.
    """
    check = _Check(connection, account)
    while check.after < account.version and await check.stretch():
        pass
    return AccountVerification(check.entries, (*check.differences.values(), *await check.whole()))


class _Check:
    """How far the entries of an account have been read, and what differed."""

    def __init__(self, connection: AsyncConnection, account: Account) -> None:
        self._connection = connection
        self._account = account
        self._totals = dict.fromkeys(_TOTALS, 0)
        self.after = 0
        self.entries = 0
        self.differences: dict[str, str] = {}

    async def stretch(self) -> bool:
        """Read the next entries; False when there are none, or when nothing after them can be right."""
        bounds = {
            "account_id": self._account.id,
            "after": self.after,
            "up_to": min(self.after + STRETCH, self._account.version),
        }
        row: Row = (await self._connection.execute(_FOLD, bounds | self._totals)).one()
        count, last, gap, backwards, wrong, *totals = row
        if not count:
            self._differ("gap", f"entry {self.after + 1} is missing")
            return False
        self.entries += count
        self._look(gap, "gap", "the entry before entry {} is missing")
        self._look(backwards, "time", "entry {} was recorded before the entry before it")
        self._look(wrong, "totals", "the totals after entry {} are not the sums of the entries up to it")
        moved = (await self._connection.execute(_SHIFTED, bounds)).scalar_one()
        self._look(moved, "shifted", "entry {} is not known to have happened when it did")
        self._totals = dict(zip(_TOTALS, totals, strict=True))
        self.after = last
        return gap is None

    async def whole(self) -> Sequence[str]:
        """What differs about the account as a whole."""
        account = self._account
        found = []
        totals = {name: getattr(account, name) for name in _TOTALS}
        if account.version != self.entries or totals != self._totals:
            found.append(
                f"the account has {account.version} entries and {totals}, its entries are {self.entries} and come to "
                f"{self._totals}"
            )
        values = {"account_id": account.id, "up_to": account.version}
        wrong = (await self._connection.execute(_SHIFTED_SUMS, values)).scalar_one()
        if wrong is not None:
            found.append(f"the sums of entries that happened at another time are wrong after entry {wrong}")
        start = (await self._connection.execute(_EFFECTIVE_TOTALS, {"account_id": account.id})).scalar_one()
        if start is not None:
            found.append(f"the totals by effective time are wrong from {start.isoformat()} on")
        return found

    def _look(self, version: int | None, kind: str, what: str) -> None:
        if version is not None:
            self._differ(kind, what.format(version))

    def _differ(self, kind: str, what: str) -> None:
        self.differences.setdefault(kind, what)
