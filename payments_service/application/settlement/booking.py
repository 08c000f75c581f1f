"""Booking a page of balance transactions of one Stripe account, all in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from payments_service.application import failpoints
from payments_service.application.ports import UnitOfWork
from payments_service.application.settlement.concerns import concerns_of
from payments_service.application.settlement.ports import Booked
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.ledger.outcome import Refused
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.ledger.views import Balance
from payments_service.domain.payment.model import FINAL
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.kinds import TYPES, Kind, kind_of
from payments_service.domain.settlement.model import BalanceTransaction, ProvisionalCharge, ProvisionalState
from payments_service.domain.settlement.provisional import reversal_request
from payments_service.domain.settlement.recipe import Booking, book
from payments_service.observability.work_metrics import (
    NEGATIVE_BALANCES_TOTAL,
    PROVISIONAL_TOTAL,
    SETTLED_TOTAL,
    SUSPENSE_TOTAL,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BookedRow:
    """A balance transaction, what it is about, and how it is booked."""

    transaction: BalanceTransaction
    concern: Concern
    booking: Booking

    @property
    def replaced(self) -> ProvisionalCharge | None:
        """The provisional booking that it takes the place of."""
        return self.concern.provisional

    @property
    def exchanged(self) -> bool:
        """Whether the provisional booking was in another currency, so that it is taken back whole."""
        return self.replaced is not None and self.replaced.amount.currency != self.transaction.currency


async def book_rows(
    unit: UnitOfWork,
    transactions: Sequence[BalanceTransaction],
    book_of: ConnectedAccount | None,
    destinations: Mapping[str, str],
) -> list[BookedRow]:
    """Book balance transactions of one Stripe account.

    Args:
        unit: the transaction that commits them.
        transactions: oldest first.
        book_of: the connected account whose they are; None for the platform's.
        destinations: Stripe's account ids by transfer, for transfers that no booked row tells of.

    Raises:
        PaymentsError: the ledger refused a fact, which is a defect.
    """
    concerns = await concerns_of(unit, transactions, book_of, destinations)
    rows = [
        BookedRow(transaction, concern, book(transaction, concern, new_id()))
        for transaction, concern in zip(transactions, concerns, strict=True)
    ]
    if book_of is None:
        # What the platform sends to connected accounts moves their balances too.
        moved = {row.concern.account.stripe_account for row in rows if row.concern.account}
        await unit.settlement.mark_due(sorted(moved - {""}))
    await unit.payments.settled(_charges_settled(rows))
    await _end_provisional(unit, rows)
    posted = await _post(unit, rows)
    await unit.settlement.add(
        [
            Booked(
                transaction=row.transaction,
                payment_id=row.concern.payment.id if row.concern.payment else None,
                account_id=row.concern.account.id if row.concern.account else None,
                ledger_transaction_id=posted.get(row.transaction.reference),
            )
            for row in rows
        ]
    )
    failpoints.reached(failpoints.SETTLEMENT_BEFORE_COMMIT)
    return rows


async def below_zero(unit: UnitOfWork, account: ConnectedAccount) -> list[Balance]:
    """The balances of a connected account at Stripe, as the books mirror them, that are below zero."""
    name = format_id(Prefix.CONNECTED_ACCOUNT, account.id)
    mirrors = await unit.ledger_reads.balances_under(f"connected:{name}:stripe:")
    return [mirror for mirror in mirrors if mirror.posted.amount_minor < 0]


def tell_below_zero(balances: Sequence[Balance], account: ConnectedAccount) -> None:
    """Count and log what a connected account owes Stripe, for which the platform is liable."""
    for balance in balances:
        NEGATIVE_BALANCES_TOTAL.labels(balance.posted.currency).inc()
        _log.warning(
            "settlement.below_zero",
            stripe_account=account.stripe_account,
            code=balance.code,
            amount_minor=balance.posted.amount_minor,
        )


def tell(row: BookedRow) -> None:
    """Count and log a row that is committed."""
    transaction, booking = row.transaction, row.booking
    SETTLED_TOTAL.labels(transaction.type, "suspense" if booking.in_suspense else _kind(booking)).inc()
    if row.replaced is not None:
        PROVISIONAL_TOTAL.labels("exchanged" if row.exchanged else "settled").inc()
    log = _log.bind(
        balance_transaction_id=transaction.id,
        type=transaction.type,
        counter=booking.counter.code,
        stripe_account=transaction.stripe_account,
    )
    if booking.in_suspense:
        SUSPENSE_TOTAL.labels(transaction.type if transaction.type in TYPES else "other").inc()
        log.error("settlement.suspense", intent_id=transaction.intent_id, known_payment=row.concern.payment is not None)
    else:
        log.info("settlement.booked", provisional=row.replaced is not None)


def _is_paid(transaction: BalanceTransaction) -> bool:
    return kind_of(transaction) is Kind.PAID


def _charges_settled(rows: Sequence[BookedRow]) -> dict[UUID, str]:
    """The balance transactions of charges that their payments do not show yet, by payment."""
    return {
        payment.id: row.transaction.id
        for row in rows
        if (payment := row.concern.payment) is not None
        and _is_paid(row.transaction)
        and payment.state in FINAL
        and payment.charge_id == row.transaction.source_id
        and not payment.balance_transaction_id
    }


async def _end_provisional(unit: UnitOfWork, rows: Sequence[BookedRow]) -> None:
    """What was booked provisionally has been taken over, or is taken back."""
    replaced = [row for row in rows if row.replaced is not None]
    for exchanged, state in ((False, ProvisionalState.SETTLED), (True, ProvisionalState.REVERSED)):
        charges = [row.transaction.source_id for row in replaced if row.exchanged is exchanged]
        if charges:
            await unit.provisional.end(sorted(charges), state)


async def _post(unit: UnitOfWork, rows: Sequence[BookedRow]) -> dict[str, UUID]:
    """Post what rows make; returns the ledger transactions by reference.

    Raises:
        PaymentsError: the ledger refused a fact.
    """
    requests: list[PostRequest] = []
    for row in rows:
        if row.exchanged and row.replaced is not None:
            requests.append(reversal_request(row.replaced, new_id(), "settled in another currency"))
        if row.booking.request is not None:
            requests.append(row.booking.request)
    posted: dict[str, UUID] = {}
    for outcome in await unit.ledger.post(requests):
        if isinstance(outcome, Refused):
            raise outcome.error
        posted[outcome.transaction.reference] = outcome.transaction.id
    return posted


def _kind(booking: Booking) -> str:
    """The counter account as a metric's label: without currency and ids, so that labels stay few."""
    return ":".join(part for part in booking.counter.code.split(":")[:-1] if not part.startswith("acn_"))
