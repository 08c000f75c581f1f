"""Reading the ledger. A caller bound to owners sees their accounts only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.ledger.views import Balance, HistoryLine, TrialBalance


@dataclass(frozen=True, slots=True)
class AccountName:
    """How a caller names an account: by id or by code, whichever is not empty."""

    ledger_account_id: str = ""
    code: str = ""

    @property
    def text(self) -> str:
        """As the caller gave it."""
        return self.code or self.ledger_account_id

    @property
    def key(self) -> UUID | str | None:
        """As storage takes it; None for what cannot be an id."""
        return self.code or parse_id(Prefix.LEDGER_ACCOUNT, self.ledger_account_id)


class LedgerReader:
    """GetBalance, ListEntries and GetTrialBalance."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def balance(self, principal: Principal, account: AccountName, record_time: datetime | None) -> Balance:
        """An account's balance now, or as it was recorded at a time.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
        """
        return await self._transactions.run(lambda unit: _visible(unit, principal, account, record_time))

    async def history(
        self, principal: Principal, account: AccountName, before_version: int | None, limit: int
    ) -> list[HistoryLine]:
        """An account's entries with versions below `before_version`, newest first.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
        """

        async def read(unit: UnitOfWork) -> list[HistoryLine]:
            found = await _visible(unit, principal, account)
            return await unit.ledger_reads.entries(found.account_id, before_version, limit)

        return await self._transactions.run(read)

    async def trial_balance(self, principal: Principal, currency: str) -> TrialBalance:
        """Every account that has entries, from one moment of the books; those of the caller's owners if it has any."""
        found = await self._transactions.run(lambda unit: unit.ledger_reads.trial_balance(currency or None))
        if principal.owner_ids is None:
            return found
        visible = tuple(account for account in found.accounts if account.owner_id in principal.owner_ids)
        return TrialBalance(visible, found.record_time)


async def _visible(
    unit: UnitOfWork, principal: Principal, account: AccountName, record_time: datetime | None = None
) -> Balance:
    key = account.key
    balance = await unit.ledger_reads.balance(key, record_time) if key else None
    if balance is None or not (principal.owner_ids is None or balance.owner_id in principal.owner_ids):
        raise PaymentsError(
            Reason.LEDGER_ACCOUNT_NOT_FOUND,
            f"no ledger account {account.text!r}: an account of the chart exists from its first posting on",
        )
    return balance
