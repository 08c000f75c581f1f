"""What a request names: accounts, as far as it may post to them, and targets."""

from uuid import UUID

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger.account import Account, AccountSpec, AccountState, Side
from payments_service.domain.ledger.books import Books, RunningAccount
from payments_service.domain.ledger.transaction import AccountKey, code_of


def account_of(books: Books, key: AccountKey, currency: str) -> RunningAccount:
    """The account by this name, in this currency.

    Raises:
        PaymentsError: LEDGER_ACCOUNT_NOT_FOUND, CURRENCY_MISMATCH, or REQUEST_INVALID for one of another kind.
    """
    code = code_of(key)
    running = books.accounts.get(code)
    if running is None:
        raise PaymentsError(
            Reason.LEDGER_ACCOUNT_NOT_FOUND,
            f"no ledger account {code!r}: create it first, or check the code",
            metadata={"code": code},
        )
    account = running.account
    if account.currency != currency:
        raise PaymentsError(
            Reason.CURRENCY_MISMATCH,
            f"ledger account {code!r} is in {account.currency}, the posting in {currency}: use one in {currency}",
            metadata={"code": code, "account_currency": account.currency, "posting_currency": currency},
        )
    if isinstance(key, AccountSpec) and key.kind is not account.kind:
        raise invalid("postings", f"ledger account {code!r} is of kind {account.kind}, not {key.kind}")
    return running


def check_takes(account: Account, side: Side) -> None:
    """Refuse a request on a side that the account does not take.

    Raises:
        PaymentsError: ACCOUNT_CLOSED, ACCOUNT_FROZEN.
    """
    if account.state.takes(side):
        return
    closed = account.state is AccountState.CLOSED
    raise PaymentsError(
        Reason.ACCOUNT_CLOSED if closed else Reason.ACCOUNT_FROZEN,
        f"ledger account {account.code!r} is {account.state}: it takes no "
        f"{'posting any more' if closed else side.name.lower()}",
        metadata={"code": account.code, "state": account.state.value},
    )


def no_such_target(target_id: UUID) -> PaymentsError:
    """The error for a target that is not in the books."""
    text = format_id(Prefix.LEDGER_TRANSACTION, target_id)
    return PaymentsError(
        Reason.LEDGER_TRANSACTION_NOT_FOUND,
        f"no ledger transaction {text!r}: check the id",
        metadata={"transaction_id": text},
    )
