"""Reading connected accounts. What a caller may not see does not exist for it."""

from payments_service.application.caller import Principal
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id, parse_id


async def require_account(unit: UnitOfWork, principal: Principal, text: str) -> ConnectedAccount:
    """The connected account with this id, if it exists for the caller.

    Raises:
        PaymentsError: ACCOUNT_NOT_FOUND.
    """
    account_id = parse_id(Prefix.CONNECTED_ACCOUNT, text)
    return _visible(await unit.accounts.get(account_id) if account_id else None, principal, text)


def require_at_stripe(account: ConnectedAccount) -> None:
    """Refuse to send money to an account that Stripe does not have (yet).

    Raises:
        PaymentsError: INVALID_STATE with the state in its metadata.
    """
    if not account.stripe_account:
        account_id = format_id(Prefix.CONNECTED_ACCOUNT, account.id)
        raise PaymentsError(
            Reason.INVALID_STATE,
            f"account {account_id} is {account.state.value} and has no Stripe account: it cannot be paid",
            metadata={"account_id": account_id, "state": account.state.value},
        )


class AccountReader:
    """GetAccount."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def by_id(self, principal: Principal, text: str) -> ConnectedAccount:
        """One account by its id.

        Raises:
            PaymentsError: ACCOUNT_NOT_FOUND.
        """
        return await self._transactions.run(lambda unit: require_account(unit, principal, text))

    async def by_owner(self, principal: Principal, owner_id: str) -> ConnectedAccount:
        """The account of an owner.

        Raises:
            PaymentsError: ACCOUNT_NOT_FOUND.
        """
        account = await self._transactions.run(lambda unit: unit.accounts.by_owner(owner_id))
        return _visible(account, principal, owner_id)

    async def by_stripe(self, principal: Principal, stripe_account: str) -> ConnectedAccount:
        """One account by Stripe's id.

        Raises:
            PaymentsError: ACCOUNT_NOT_FOUND.
        """
        found = await self._transactions.run(lambda unit: unit.accounts.by_stripe([stripe_account]))
        return _visible(found.get(stripe_account), principal, stripe_account)


def _visible(account: ConnectedAccount | None, principal: Principal, text: str) -> ConnectedAccount:
    if account is None or not principal.sees(account.owner_id):
        raise PaymentsError(
            Reason.ACCOUNT_NOT_FOUND, f"no connected account {text!r}: check the id and the caller's owners"
        )
    return account
