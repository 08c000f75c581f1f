"""Reading transactions. A caller bound to owners sees what touches their accounts, and of it their own sides."""

from dataclasses import replace
from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.ledger.names import AccountName, check_texts, require_ledger_account, sees_owner
from payments_service.application.ledger.ports import TransactionFilter, TransactionPosition
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.namespace import lookup_reference, reference_space
from payments_service.domain.ledger.transaction_view import PostingLine, TransactionView


class LedgerTransactions:
    """GetTransaction and ListTransactions."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def get(self, principal: Principal, transaction_id: str, reference: str) -> TransactionView:
        """A transaction by its id or, where that is empty, by its reference.

        Raises:
            PaymentsError: LEDGER_TRANSACTION_NOT_FOUND.
        """
        parsed = parse_id(Prefix.LEDGER_TRANSACTION, transaction_id)
        ids = [parsed] if parsed else []
        references = [lookup_reference(reference, space_of(principal))] if reference and "\0" not in reference else []

        async def read(unit: UnitOfWork) -> TransactionView | None:
            found = await unit.ledger_transactions.get(ids, references)
            views = await unit.ledger_transactions.views(found)
            return seen_by(principal, views[0]) if views else None

        view = await self._transactions.run(read)
        if view is None:
            raise no_transaction(transaction_id or reference)
        return view

    async def page(
        self,
        principal: Principal,
        which: TransactionFilter,
        account: AccountName | None,
        before: TransactionPosition | None,
        limit: int,
    ) -> list[tuple[TransactionPosition, TransactionView]]:
        """Transactions of a filter, of one account or of all that the caller sees, newest first, with their positions.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
        """
        prefix = which.reference_prefix
        check_texts("reference_prefix", prefix)
        check_texts("metadata", *which.metadata, *which.metadata.values())
        exact = replace(
            which,
            owner_ids=principal.owner_ids,
            reference_prefix=lookup_reference(prefix, space_of(principal)) if prefix else "",
        )

        async def read(unit: UnitOfWork) -> list[tuple[TransactionPosition, TransactionView]]:
            account_id: UUID | None = None
            if account is not None:
                account_id = (await require_ledger_account(unit, principal, account)).account.id
            return await unit.ledger_transactions.page(replace(exact, account_id=account_id), before, limit)

        found = [(position, seen_by(principal, view)) for position, view in await self._transactions.run(read)]
        return [(position, view) for position, view in found if view is not None]


def space_of(principal: Principal) -> str:
    """Where a caller's references are kept: backends share them, each caller bound to owners has its own."""
    bound = principal.owner_ids is not None
    return reference_space(f"{principal.subject}\n{principal.key_scope}" if bound else None)


def no_transaction(name: str) -> PaymentsError:
    """The error for a transaction that does not exist for the caller."""
    return PaymentsError(
        Reason.LEDGER_TRANSACTION_NOT_FOUND,
        f"no ledger transaction {name!r}: check the id or reference",
        metadata={"transaction": name},
    )


def seen_by(principal: Principal, view: TransactionView) -> TransactionView | None:
    """What a caller may see of a transaction; None when nothing.

    Of one that other owners take part in, a caller bound to owners sees the postings of their accounts without the
    names of the others, and not what was noted about it.
    """
    if principal.owner_ids is None:
        return view
    lines = [line for line in view.lines if any(sees_owner(principal, side.owner_id) for side in _sides(line))]
    if not lines:
        return None
    if all(sees_owner(principal, side.owner_id) for line in view.lines for side in _sides(line)):
        return view
    shown = tuple(
        replace(line, debit=_shown(principal, line.debit), credit=_shown(principal, line.credit)) for line in lines
    )
    return replace(view, transaction=replace(view.transaction, metadata={}, actor=""), lines=shown)


def _sides(line: PostingLine) -> tuple[Account, Account]:
    return line.debit, line.credit


def _shown(principal: Principal, account: Account) -> Account:
    """The account, without its name when it is somebody else's."""
    return account if sees_owner(principal, account.owner_id) else replace(account, code="")
