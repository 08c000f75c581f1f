"""Comparing the ledger's mirrors with Stripe's balances, account by account (invariant I13).

A balance and the books move all the time, so they are compared while the head of Stripe's list of balance transactions
stands still, and what is in the list and not yet in the books is named. What is left then is a real difference.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.settlement.settle import OVERLAP
from payments_service.application.stripe import Stripe
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger import chart
from payments_service.domain.settlement.model import PAYMENTS_BALANCE, BalanceTransaction

LOOKS_MAX = 5
"""How often an account is looked at again because something moved, or did not agree, in between."""

PAGES_MAX = 100
"""Pages that are read for balance transactions that are not booked yet."""

ACCOUNTS_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class MirrorComparison:
    """An account's balance in one currency at Stripe and in the ledger, in minor units.

    Attributes:
        stripe_account: Stripe's id; empty for the platform.
        at_stripe: available and pending together.
        in_flight: net of each balance transaction that Stripe lists and the books do not have yet, by id.
    """

    stripe_account: str
    currency: str
    at_stripe: int
    ledger: int
    in_flight: Mapping[str, int] = field(default_factory=dict)

    @property
    def unexplained(self) -> int:
        """What nothing in flight accounts for: zero, or something is wrong."""
        return self.at_stripe - self.ledger - sum(self.in_flight.values())


@dataclass(frozen=True, slots=True)
class AccountComparison:
    """What came of comparing an account.

    Attributes:
        stripe_account: Stripe's id; empty for the platform.
        stood_still: whether the list stood still for once; if not, nothing is said of the account.
        mirrors: by currency.
    """

    stripe_account: str
    stood_still: bool
    mirrors: tuple[MirrorComparison, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether every mirror is Stripe's balance but for what is in flight."""
        return self.stood_still and not any(mirror.unexplained for mirror in self.mirrors)


class CompareMirrors:
    """The check's use case: it only looks."""

    def __init__(self, transactions: Transactions, stripe: Stripe) -> None:
        self._transactions = transactions
        self._stripe = stripe

    async def __call__(self) -> AsyncIterator[AccountComparison]:
        """Compare the platform and every connected account that we know, one after another.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE, DATABASE_UNAVAILABLE.
        """
        yield await self.compare(None)
        after = ""
        while accounts := await self._after(after):
            for account in accounts:
                yield await self.compare(account)
            after = accounts[-1].stripe_account

    async def compare(self, account: ConnectedAccount | None) -> AccountComparison:
        """Compare one account; None for the platform.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE, DATABASE_UNAVAILABLE.
        """
        name = account.stripe_account if account else ""
        result = AccountComparison(name, stood_still=False)
        for _ in range(LOOKS_MAX):
            looked = await self._look(account)
            if looked is not None:
                result = looked
            if result.agrees:
                break
        return result

    async def _look(self, account: ConnectedAccount | None) -> AccountComparison | None:
        """The comparison, unless the list moved meanwhile."""
        name = account.stripe_account if account else ""
        head = await self._head(name)
        in_flight = await self._in_flight(name)
        at_stripe = {line.currency: line.available + line.pending for line in await self._stripe.balance(name)}
        ledger = await self._transactions.run(partial(_mirrors, account))
        still_open = await self._transactions.run(partial(_not_booked, in_flight))
        if in_flight is None or still_open != in_flight or await self._head(name) != head:
            return None
        flying: dict[str, dict[str, int]] = {}
        for row in in_flight:
            if row.balance_type == PAYMENTS_BALANCE:
                flying.setdefault(row.currency, {})[row.id] = row.net
        currencies = sorted(at_stripe.keys() | ledger.keys() | flying.keys())
        return AccountComparison(
            name,
            stood_still=True,
            mirrors=tuple(
                MirrorComparison(name, each, at_stripe.get(each, 0), ledger[each], flying.get(each, {}))
                for each in currencies
            ),
        )

    async def _head(self, stripe_account: str) -> str:
        page, _ = await self._stripe.balance_transactions(stripe_account, since=None, after="")
        return page[0].id if page else ""

    async def _in_flight(self, stripe_account: str) -> list[BalanceTransaction] | None:
        """What is listed and not booked, newest first; None when there is too much to read it all."""
        through = await self._transactions.run(lambda unit: unit.settlement.settled_through(stripe_account))
        since = through - OVERLAP if through else None
        found: list[BalanceTransaction] = []
        after, more = "", True
        for _ in range(PAGES_MAX):
            page, more = await self._stripe.balance_transactions(stripe_account, since=since, after=after)
            found += await self._transactions.run(partial(_not_booked, page))
            if not page or not more:
                return found
            after = page[-1].id
        return None

    async def _after(self, stripe_account: str) -> list[ConnectedAccount]:
        return await self._transactions.run(
            lambda unit: unit.accounts.stripe_page(after=stripe_account, limit=ACCOUNTS_A_PAGE)
        )


async def _not_booked(rows: list[BalanceTransaction] | None, unit: UnitOfWork) -> list[BalanceTransaction]:
    if not rows:
        return []
    booked = await unit.settlement.booked([row.id for row in rows])
    return [row for row in rows if row.id not in booked]


async def _mirrors(account: ConnectedAccount | None, unit: UnitOfWork) -> Counter[str]:
    """The mirrors of an account's payments balance by currency; what is missing is 0."""
    book = f"connected:{format_id(Prefix.CONNECTED_ACCOUNT, account.id)}:" if account else ""
    balances = await unit.ledger_reads.balances_under(f"{book}stripe:")
    return Counter(
        {
            balance.posted.currency: balance.posted.amount_minor
            for balance in balances
            # Other balances of Stripe's, such as reserves, have longer codes.
            if balance.code == book + chart.stripe_mirror(balance.posted.currency).code
        }
    )
