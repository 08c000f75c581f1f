"""Accounts of callers: made, changed, closed; and reading and verifying any account that the caller sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import Completed
from payments_service.application.ledger.names import AccountName, check_texts, require_ledger_account
from payments_service.application.ledger.ports import LedgerAccountFilter
from payments_service.application.local_request import LocalRequests
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.ledger.account import Account, AccountKind, AccountState, Side
from payments_service.domain.ledger.account_changes import closed, frozen, unfrozen, with_floor
from payments_service.domain.ledger.namespace import check_code, is_callers_account, reserved_account
from payments_service.domain.ledger.views import AccountVerification, LedgerAccount
from payments_service.domain.money import Money

BOTH_SIDES = frozenset(Side)
_Change = Callable[[LedgerAccount], tuple[Account, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class CreateLedgerAccount:
    """The command: see CreateLedgerAccountRequest in the API."""

    code: str
    kind: AccountKind
    currency: str
    owner_id: str
    floor_minor: int | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UpdateLedgerAccount:
    """The command: see UpdateLedgerAccountRequest in the API.

    Attributes:
        fields: which of `floor` and `metadata` to change.
        etag: of the account as the caller has read it; empty: whatever it is now.
    """

    fields: frozenset[str]
    floor: Money | None
    metadata: Mapping[str, str]
    etag: str = ""


class LedgerAccounts:
    """The RPCs about ledger accounts."""

    def __init__(self, transactions: Transactions, requests: LocalRequests) -> None:
        self._transactions = transactions
        self._requests = requests

    async def create(self, principal: Principal, request: IdempotentRequest, command: CreateLedgerAccount) -> Completed:
        """Make an account.

        Raises:
            PaymentsError: as the API says of CreateLedgerAccount.
        """
        owner_id = principal.acting_owner(command.owner_id)
        check_code(command.code, None if principal.owner_ids is None else owner_id, "code")
        check_texts("metadata", *command.metadata, *command.metadata.values())
        check_texts("owner_id", owner_id)
        account = Account(new_id(), command.code, command.currency, command.kind, owner_id or None, command.floor_minor)

        async def make(unit: UnitOfWork) -> LedgerAccount:
            made = await unit.ledger_accounts.add(account, dict(command.metadata))
            if made is None:
                there = await require_ledger_account(unit, principal, AccountName(code=command.code))
                account_id = format_id(Prefix.LEDGER_ACCOUNT, there.account.id)
                raise PaymentsError(
                    Reason.LEDGER_ACCOUNT_ALREADY_EXISTS,
                    f"there is a ledger account {command.code!r}: use it, or another code",
                    metadata={"ledger_account_id": account_id, "code": command.code},
                )
            return made

        return await self._requests.run(request, owner_id or principal.key_scope, make)

    async def get(self, principal: Principal, name: AccountName) -> LedgerAccount:
        """An account with its balance now.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
        """
        return await self._transactions.run(lambda unit: require_ledger_account(unit, principal, name))

    async def page(
        self, principal: Principal, which: LedgerAccountFilter, owner_id: str, before: UUID | None, limit: int
    ) -> list[LedgerAccount]:
        """Accounts of a filter, of one owner or of all that the caller sees, newest first."""
        check_texts("code_prefix", which.code_prefix)
        check_texts("owner_id", owner_id)
        exact = replace(which, owner_ids=principal.among(owner_id))
        return await self._transactions.run(lambda unit: unit.ledger_accounts.page(exact, before, limit))

    async def verify(self, principal: Principal, name: AccountName) -> AccountVerification:
        """Compute an account again from its entries.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
        """

        async def read(unit: UnitOfWork) -> AccountVerification:
            found = await require_ledger_account(unit, principal, name)
            return await unit.ledger_accounts.verify(found.account)

        return await self._transactions.run(read)

    async def update(
        self, principal: Principal, request: IdempotentRequest, name: AccountName, command: UpdateLedgerAccount
    ) -> Completed:
        """Change floor or metadata.

        Raises:
            PaymentsError: as the API says of UpdateLedgerAccount.
        """
        check_texts("metadata", *command.metadata, *command.metadata.values())

        def change(found: LedgerAccount) -> tuple[Account, Mapping[str, str]]:
            if command.etag not in {"", found.etag}:
                raise PaymentsError(
                    Reason.ETAG_MISMATCH,
                    f"ledger account {found.account.code!r} has etag {found.etag!r} and not {command.etag!r}: read it "
                    "again and decide anew",
                    metadata={"etag": found.etag},
                )
            account = found.account
            if account.state is AccountState.CLOSED:
                raise PaymentsError(
                    Reason.ACCOUNT_CLOSED,
                    f"ledger account {account.code!r} is closed for good: create another one",
                    metadata={"code": account.code, "state": account.state.value},
                )
            if "floor" in command.fields:
                account = with_floor(account, command.floor)
            return account, command.metadata if "metadata" in command.fields else found.metadata

        return await self._change(principal, request, name, change)

    async def freeze(
        self, principal: Principal, request: IdempotentRequest, name: AccountName, sides: frozenset[Side]
    ) -> Completed:
        """Let an account take no requests on these sides.

        Raises:
            PaymentsError: as the API says of FreezeLedgerAccount.
        """
        return await self._change(
            principal, request, name, lambda found: (frozen(found.account, sides), found.metadata)
        )

    async def unfreeze(
        self, principal: Principal, request: IdempotentRequest, name: AccountName, sides: frozenset[Side]
    ) -> Completed:
        """Let an account take requests on these sides again.

        Raises:
            PaymentsError: as the API says of UnfreezeLedgerAccount.
        """
        return await self._change(
            principal, request, name, lambda found: (unfrozen(found.account, sides), found.metadata)
        )

    async def close(self, principal: Principal, request: IdempotentRequest, name: AccountName) -> Completed:
        """Close an account for good.

        Raises:
            PaymentsError: as the API says of CloseLedgerAccount.
        """
        return await self._change(principal, request, name, lambda found: (closed(found.account), found.metadata))

    async def _change(
        self, principal: Principal, request: IdempotentRequest, name: AccountName, change: _Change
    ) -> Completed:
        """Change an account of a caller under its lock; what is as wanted already stays as it is."""
        # Before the key is asked for: a stored reply is not for who no longer sees the account.
        found = await self.get(principal, name)
        if not is_callers_account(found.account.code):
            raise reserved_account(found.account.code)

        async def work(unit: UnitOfWork) -> LedgerAccount:
            locked = await require_ledger_account(unit, principal, name, lock=True)
            account, metadata = change(locked)
            if (account, metadata) == (locked.account, locked.metadata):
                return locked
            return await unit.ledger_accounts.save(account, dict(metadata))

        return await self._requests.run(request, principal.key_scope, work)
