"""What may be changed about an account besides its entries: its state and its floor."""

from collections.abc import Collection
from dataclasses import replace

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ledger.account import Account, AccountState, Side
from payments_service.domain.money import Money

_FROZEN_SIDES = {
    AccountState.OPEN: frozenset[Side](),
    AccountState.DEBIT_FROZEN: frozenset({Side.DEBIT}),
    AccountState.CREDIT_FROZEN: frozenset({Side.CREDIT}),
    AccountState.FROZEN: frozenset({Side.DEBIT, Side.CREDIT}),
}
_STATES = {sides: state for state, sides in _FROZEN_SIDES.items()}


def frozen(account: Account, sides: Collection[Side]) -> Account:
    """The account once it takes no requests on these sides either.

    Raises:
        PaymentsError: ACCOUNT_CLOSED.
    """
    return replace(account, state=_STATES[_frozen_sides(account) | frozenset(sides)])


def unfrozen(account: Account, sides: Collection[Side]) -> Account:
    """The account once it takes requests on these sides again.

    Raises:
        PaymentsError: ACCOUNT_CLOSED.
    """
    return replace(account, state=_STATES[_frozen_sides(account) - frozenset(sides)])


def closed(account: Account) -> Account:
    """The account closed, for good; one that is closed already stays so.

    Raises:
        PaymentsError: INVALID_STATE while there is a balance or an open hold.
    """
    if account.posted_minor or account.pending_debits or account.pending_credits:
        raise PaymentsError(
            Reason.INVALID_STATE,
            f"ledger account {account.code!r} has a balance of {account.posted_minor} and open holds of "
            f"{account.pending_debits} debits and {account.pending_credits} credits (minor units): bring all of them "
            "to 0 first",
            metadata={"state": account.state.value, "posted_minor": str(account.posted_minor)},
        )
    return replace(account, state=AccountState.CLOSED)


def with_floor(account: Account, floor: Money | None) -> Account:
    """The account with another floor, or without one.

    Raises:
        PaymentsError: CURRENCY_MISMATCH, or INSUFFICIENT_FUNDS when the available balance is below it already.
    """
    if floor is None:
        return replace(account, floor_minor=None)
    if floor.currency != account.currency:
        raise PaymentsError(
            Reason.CURRENCY_MISMATCH,
            f"ledger account {account.code!r} is in {account.currency}, the floor in {floor.currency}",
            metadata={"code": account.code, "account_currency": account.currency},
        )
    if account.available_minor < floor.amount_minor:
        raise PaymentsError(
            Reason.INSUFFICIENT_FUNDS,
            f"ledger account {account.code!r} has {account.available_minor} {account.currency} (minor units): "
            f"that is less than a floor of {floor.amount_minor}",
            metadata={
                "code": account.code,
                "available_minor": str(account.available_minor),
                "minimum_minor": str(floor.amount_minor),
            },
        )
    return replace(account, floor_minor=floor.amount_minor)


def _frozen_sides(account: Account) -> frozenset[Side]:
    if account.state is AccountState.CLOSED:
        raise PaymentsError(
            Reason.ACCOUNT_CLOSED,
            f"ledger account {account.code!r} is closed for good: create another one",
            metadata={"code": account.code, "state": account.state.value},
        )
    return _FROZEN_SIDES[account.state]
