"""Disputes follow Stripe's, with what they do to the books and to their payments."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payments_service.application.follow.news import News
from payments_service.application.follow.payments import payments_behind
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.payments.store import save_payment
from payments_service.application.ports import UnitOfWork
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.dispute.books import Bearer, accounts_to_read, book_dispute
from payments_service.domain.dispute.events import dispute_events
from payments_service.domain.dispute.model import AGAINST_US, Dispute, DisputeSnapshot
from payments_service.domain.dispute.transitions import concerning, follow_dispute, found_dispute
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.observation import may_be_older
from payments_service.domain.payment.model import Payment
from payments_service.domain.stripe_object.model import ObjectKey


async def follow_disputes(unit: UnitOfWork, news: News, began: datetime) -> list[PostRequest]:
    """Let disputes follow, inside the transaction that commits them; returns what is to be posted with them.

    Raises:
        StaleAnswerError: other news of the same disputes came in between.
    """
    found = {key: said for key, said in news.objects.items() if isinstance(said, DisputeSnapshot)}
    if not found:
        return []
    at = {said.intent_id: key.stripe_account for key, said in found.items() if said.intent_id}
    payments = await payments_behind(unit, dict.fromkeys(sorted(at), ""), at)
    known = await unit.disputes.by_stripe(sorted(said.id for said in found.values()), lock=True)
    ended = await unit.now()
    followed = await _followed(unit, found, known, payments, (began, ended))
    requests: list[PostRequest] = []
    moved: set[str] = set()
    for dispute, bearer in followed:
        before = known.get(dispute.stripe_dispute_id)
        after, posted = await _booked(unit, dispute, bearer, moved)
        requests += posted
        # What this one moves is not what was read any more: another dispute sets aside there with its next news.
        moved |= bearer.set_aside(dispute.withheld_minor).keys()
        await (unit.disputes.save(after) if before else unit.disputes.add(after))
        await unit.outbox.add(dispute_events(before, after))
    await _show(unit, payments.values(), ended)
    return requests


async def _followed(
    unit: UnitOfWork,
    found: Mapping[ObjectKey, DisputeSnapshot],
    known: Mapping[str, Dispute],
    payments: Mapping[str, Payment],
    times: tuple[datetime, datetime],
) -> list[tuple[Dispute, Bearer]]:
    """Each dispute after Stripe's answer, and who bears it."""
    began, ended = times
    owners = await unit.accounts.by_stripe(sorted({key.stripe_account for key in found} - {""}))
    disputes = []
    for key, said in found.items():
        before = known.get(said.id)
        if before is not None and may_be_older(before.observed_time, began):
            raise StaleAnswerError
        dispute = before or found_dispute(said, new_id(), key.stripe_account, ended=ended)
        dispute = follow_dispute(dispute, said, began=began, ended=ended)
        payment = payments.get(said.intent_id)
        # A connected account bears its own.
        borne = None if key.stripe_account else payment
        disputes.append((concerning(dispute, payment, owners.get(key.stripe_account)), borne))
    accounts = await unit.accounts.many(sorted({name for _, payment in disputes if payment for name in payment.payees}))
    return [(dispute, _bearer(payment, accounts)) for dispute, payment in disputes]


def _bearer(payment: Payment | None, accounts: Mapping[UUID, ConnectedAccount]) -> Bearer:
    if payment is None:
        return Bearer()
    account = accounts.get(payment.connected_account_id) if payment.connected_account_id else None
    return Bearer(payment, account, accounts)


async def _booked(
    unit: UnitOfWork, dispute: Dispute, bearer: Bearer, moved: Collection[str]
) -> tuple[Dispute, Iterable[PostRequest]]:
    """The dispute with what is to be posted for it. A connected account's own are all in its balance transactions."""
    if dispute.stripe_account:
        return dispute, ()
    read = await unit.ledger_reads.balances(accounts_to_read(dispute, bearer))
    return book_dispute(dispute, bearer, {balance.code: balance for balance in read if balance.code not in moved})


async def _show(unit: UnitOfWork, payments: Iterable[Payment], ended: datetime) -> None:
    """Let payments show what is disputed of them."""
    by_id = {payment.id: payment for payment in payments}
    disputes = await unit.disputes.of_payments(sorted(by_id))
    for payment_id, payment in by_id.items():
        disputed = sum(
            dispute.amount.amount_minor
            for dispute in disputes.get(payment_id, ())
            if dispute.state in AGAINST_US and dispute.amount.currency == payment.amount.currency
        )
        if disputed != payment.disputed_minor:
            await save_payment(unit, payment, replace(payment, disputed_minor=disputed, update_time=ended))
