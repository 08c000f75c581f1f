"""Reading balances and histories. A caller bound to owners sees their accounts only."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from payments_service.application.background import Background
from payments_service.application.caller import Principal
from payments_service.application.grouping import Grouping, GroupLimits
from payments_service.application.ledger.names import AccountName, no_account, sees_owner
from payments_service.application.ledger.ports import CurrentBalances
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.ledger.views import Balance, EffectiveBalance, HistoryLine, TrialBalance

T = TypeVar("T")

LIMITS = GroupLimits(weight_max=256, waiting_max=20_000, pause_from=4, pause_seconds=0.005)
"""In accounts to read: a query for 256 takes a few milliseconds. Without the pause groups would be of two or three
(docs/performance.md)."""


class LedgerReader:
    """GetBalance, BatchGetBalances, ListEntries and GetTrialBalance.

    Balances as they are now, which are asked for the most, are read together: each from a snapshot that was taken after
    it had been asked for, so that a caller always sees what it has posted before.
    """

    def __init__(self, transactions: Transactions, current: CurrentBalances, background: Background) -> None:
        self._transactions = transactions
        self._current = current
        self._now: Grouping[str | UUID, Balance | None] = Grouping("balance", self._read_now, LIMITS, background)

    async def balance(self, principal: Principal, account: AccountName, record_time: datetime | None) -> Balance:
        """An account's balance now, or as it was recorded at a time.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
        """
        if record_time is not None or account.key is None:
            (balance,) = await self.balances(principal, [account], record_time)
            return balance
        found = await self._now.submit(account.key)
        if found is None or not sees_owner(principal, found.owner_id):
            raise no_account(account)
        return found

    async def _read_now(self, keys: Sequence[str | UUID]) -> list[Balance | Exception | None]:
        """The balances of accounts from one moment of the books; None for those that do not exist."""
        found = await self._current.of(list(set(keys)))
        by_name: dict[str | UUID, Balance] = {balance.code: balance for balance in found}
        by_name |= {balance.account_id: balance for balance in found}
        return [by_name.get(key) for key in keys]

    async def balances(
        self, principal: Principal, accounts: Sequence[AccountName], record_time: datetime | None
    ) -> list[Balance]:
        """The balances of accounts from one moment of the books, now or as it was recorded at a time, in their order.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND, naming the first that is missing.
        """
        found = await self._transactions.run(lambda unit: unit.ledger_reads.balances(_keys(accounts), record_time))
        visible = [balance for balance in found if sees_owner(principal, balance.owner_id)]
        by_name: dict[str | UUID, Balance] = {balance.code: balance for balance in visible}
        by_name |= {balance.account_id: balance for balance in visible}
        return [_named(by_name, name) for name in accounts]

    async def effective_balances(
        self, principal: Principal, accounts: Sequence[AccountName], effective_time: datetime
    ) -> list[EffectiveBalance]:
        """The balances of accounts by what had happened up to a time, in their order.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND, naming the first that is missing.
        """
        found = await self._transactions.run(
            lambda unit: unit.ledger_reads.effective_balances(_keys(accounts), effective_time)
        )
        visible = [balance for balance in found if sees_owner(principal, balance.account.owner_id)]
        by_name: dict[str | UUID, EffectiveBalance] = {balance.account.code: balance for balance in visible}
        by_name |= {balance.account.id: balance for balance in visible}
        return [_named(by_name, name) for name in accounts]

    async def history(
        self, principal: Principal, account: AccountName, before_version: int | None, limit: int
    ) -> list[HistoryLine]:
        """An account's entries with versions below `before_version`, newest first.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
        """

        async def read(unit: UnitOfWork) -> list[HistoryLine]:
            found = await unit.ledger_reads.balances(_keys([account]))
            if not found or not sees_owner(principal, found[0].owner_id):
                raise no_account(account)
            return await unit.ledger_reads.entries(found[0].account_id, before_version, limit)

        return await self._transactions.run(read)

    async def trial_balance(self, principal: Principal, currency: str) -> TrialBalance:
        """Every account that has entries, from one moment of the books; those of the caller's owners if it has any."""
        found = await self._transactions.run(lambda unit: unit.ledger_reads.trial_balance(currency or None))
        visible = tuple(account for account in found.accounts if sees_owner(principal, account.owner_id))
        return TrialBalance(visible, found.record_time)


def _keys(accounts: Sequence[AccountName]) -> list[str | UUID]:
    return [name.key for name in accounts if name.key is not None]


def _named(found: dict[str | UUID, T], name: AccountName) -> T:
    balance = found.get(name.key) if name.key is not None else None
    if balance is None:
        raise no_account(name)
    return balance
