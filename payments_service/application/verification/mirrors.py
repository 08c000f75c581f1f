"""I13 as a check of a verification: each account's mirror is its balance at Stripe, an account a stretch."""

from payments_service.application.ports import Transactions
from payments_service.application.settlement.mirrors import LOOKS_MAX, CompareMirrors, MirrorComparison
from payments_service.application.stripe import Stripe
from payments_service.application.verification.model import Finding, Position, Stretch
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError, Reason

NO_STRIPE = "no Stripe is configured: set PAYMENTS_STRIPE_API_KEY to have the mirrors compared"


class MirrorCheck:
    """The one check that asks Stripe. What it could not compare it says, and never that it agrees.

    Args:
        transactions: the books.
        stripe: None when none is configured.
    """

    name = "I13 mirrors"

    def __init__(self, transactions: Transactions, stripe: Stripe | None) -> None:
        self._transactions = transactions
        self._stripe = stripe

    async def look(self, position: Position) -> Stretch:
        """Compare the next account; the platform is the first. No transaction may be open.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE.
        """
        if self._stripe is None:
            return Stretch(not_checked=(NO_STRIPE,))
        account = await self._next(str(position["stripe_account"])) if position else None
        if position and account is None:
            return Stretch()
        name = account.stripe_account if account else ""
        following = {"stripe_account": name}
        try:
            return await self._compare(self._stripe, account, following)
        except PaymentsError as error:
            if error.reason is Reason.DATABASE_UNAVAILABLE:
                raise
            over = _is_over(error)
            what = f"{_shown(name)}{' and all accounts after it' if over else ''}: {error.message}"
            return Stretch(position=None if over else following, not_checked=(what,))

    async def _compare(self, stripe: Stripe, account: ConnectedAccount | None, following: Position) -> Stretch:
        name = account.stripe_account if account else ""
        if account is not None and await stripe.fetch_account(name) is None:
            why = "Stripe does not show it to this platform (any more)"
            return Stretch(position=following, not_checked=(f"{_shown(name)}: {why}",))
        compared = await CompareMirrors(self._transactions, stripe).compare(account)
        if not compared.stood_still:
            why = f"its balance transactions did not stand still, looked at {LOOKS_MAX} times"
            return Stretch(position=following, not_checked=(f"{_shown(name)}: {why}",))
        wrong = [mirror for mirror in compared.mirrors if mirror.unexplained]
        return Stretch(
            rows=len(compared.mirrors),
            position=following,
            findings=tuple(Finding(self.name, _shown(name), _difference(mirror)) for mirror in wrong),
        )

    async def _next(self, after: str) -> ConnectedAccount | None:
        page = await self._transactions.run(lambda unit: unit.accounts.stripe_page(after=after, limit=1))
        return page[0] if page else None


def _is_over(error: PaymentsError) -> bool:
    """Whether there is no point in asking for the next account: Stripe does not answer, or not with this key."""
    return error.reason is Reason.STRIPE_UNAVAILABLE or error.metadata.get("stripe_code") == "api_key"


def _shown(stripe_account: str) -> str:
    return stripe_account or "the platform"


def _difference(mirror: MirrorComparison) -> str:
    flying = ", ".join(f"{name} of {net}" for name, net in mirror.in_flight.items())
    return (
        f"{mirror.at_stripe} {mirror.currency} at Stripe and {mirror.ledger} in the books differ by "
        f"{mirror.unexplained}" + (f" besides what is not booked yet: {flying}" if flying else "")
    )
