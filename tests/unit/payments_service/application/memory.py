"""A unit of work over dictionaries, for use cases whose rules are tested without a database."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar, cast
from uuid import UUID

from payments_service.application.ports import UnitOfWork
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.outbox import OutboxEvent
from payments_service.domain.payment.model import Payment
from payments_service.domain.refund.model import Refund
from payments_service.domain.settlement.model import BalanceTransaction, ProvisionalCharge
from tests.unit.payments_service.domain.samples import NOON

T = TypeVar("T")


class Payments:
    """See `ports.PaymentStore`."""

    def __init__(self, *payments: Payment) -> None:
        self.rows = {payment.id: payment for payment in payments}
        self.saved: list[Payment] = []

    async def by_intent(self, intent_ids: Sequence[str]) -> dict[str, UUID]:
        return {row.intent_id: row.id for row in self.rows.values() if row.intent_id in intent_ids}

    async def many(self, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
        return await self.lock(payment_ids)

    async def lock(self, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
        return {name: self.rows[name] for name in payment_ids if name in self.rows}

    async def save(self, payment: Payment) -> None:
        self.rows[payment.id] = payment
        self.saved.append(payment)

    async def save_all(self, payments: Sequence[Payment]) -> None:
        for payment in payments:
            await self.save(payment)


class Refunds:
    """See `ports.RefundStore`."""

    def __init__(self, *refunds: Refund) -> None:
        self.rows = {refund.id: refund for refund in refunds}
        self.added: list[Refund] = []

    async def of_payments(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[Refund]]:
        found: dict[UUID, list[Refund]] = defaultdict(list)
        for row in self.rows.values():
            if row.payment_id in payment_ids:
                found[row.payment_id].append(row)
        return dict(found)

    async def add(self, refund: Refund) -> None:
        self.rows[refund.id] = refund
        self.added.append(refund)

    async def save(self, refund: Refund) -> None:
        assert refund.id in self.rows
        self.rows[refund.id] = refund


class Accounts:
    """See `ports.AccountStore`."""

    def __init__(self, *accounts: ConnectedAccount) -> None:
        self.rows = {account.id: account for account in accounts}

    async def many(self, account_ids: Sequence[UUID]) -> dict[UUID, ConnectedAccount]:
        return {name: self.rows[name] for name in account_ids if name in self.rows}

    async def lock(self, account_ids: Sequence[UUID]) -> dict[UUID, ConnectedAccount]:
        return await self.many(account_ids)

    async def by_stripe(self, stripe_accounts: Sequence[str]) -> dict[str, ConnectedAccount]:
        return {row.stripe_account: row for row in self.rows.values() if row.stripe_account in stripe_accounts}

    async def save(self, account: ConnectedAccount) -> None:
        assert account.id in self.rows
        self.rows[account.id] = account


class Settlement:
    """See `ports.SettlementStore`. `booked` holds the accounts that booked sources concern."""

    def __init__(self) -> None:
        self.due: list[str] = []
        self.booked: dict[str, UUID] = {}
        self.payments: dict[str, UUID] = {}
        self.rows: dict[UUID, list[BalanceTransaction]] = {}

    async def mark_due(self, stripe_accounts: Sequence[str]) -> None:
        self.due += stripe_accounts

    async def payments_of(self, source_ids: Sequence[str]) -> dict[str, UUID]:
        return {name: self.payments[name] for name in source_ids if name in self.payments}

    async def of_charges(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[BalanceTransaction]]:
        return {name: self.rows[name] for name in payment_ids if name in self.rows}

    async def accounts_of(self, source_ids: Sequence[str]) -> dict[str, UUID]:
        return {name: self.booked[name] for name in source_ids if name in self.booked}


class Provisional:
    """See `settlement.ports.ProvisionalStore`."""

    def __init__(self) -> None:
        self.rows: dict[str, ProvisionalCharge] = {}

    async def of_charges(self, charge_ids: Sequence[str]) -> dict[str, ProvisionalCharge]:
        return {name: self.rows[name] for name in charge_ids if name in self.rows}


class Outbox:
    """See `ports.OutboxStore`."""

    def __init__(self) -> None:
        self.events: list[OutboxEvent] = []

    async def add(self, events: Sequence[OutboxEvent]) -> None:
        self.events += events

    @property
    def types(self) -> list[str]:
        return [event.type.value for event in self.events]


class Memory:
    """All of it, with a clock that moves on a second whenever it is read."""

    def __init__(
        self, payments: Payments | None = None, refunds: Refunds | None = None, accounts: Accounts | None = None
    ) -> None:
        self.payments = payments or Payments()
        self.refunds = refunds or Refunds()
        self.accounts = accounts or Accounts()
        self.settlement = Settlement()
        self.provisional = Provisional()
        self.outbox = Outbox()
        self.time = NOON

    async def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    @property
    def unit(self) -> UnitOfWork:
        """As the use cases see it: what they do not use is not there."""
        return cast("UnitOfWork", self)

    async def run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """See `ports.Transactions`."""
        return await work(self.unit)
