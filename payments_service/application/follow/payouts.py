"""Payouts follow Stripe's, and their money arrives at the bank."""

from datetime import datetime

from payments_service.application.follow.news import News
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import UnitOfWork
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.observation import may_be_older
from payments_service.domain.payout.books import book_payout
from payments_service.domain.payout.events import payout_events
from payments_service.domain.payout.model import PayoutSnapshot
from payments_service.domain.payout.transitions import follow_payout, found_payout


async def follow_payouts(unit: UnitOfWork, news: News, began: datetime) -> list[PostRequest]:
    """Let payouts follow, inside the transaction that commits them; returns what is to be posted with them.

    Raises:
        StaleAnswerError: other news of the same payouts came in between.
    """
    found = {key: said for key, said in news.objects.items() if isinstance(said, PayoutSnapshot)}
    if not found:
        return []
    known = await unit.payouts.by_stripe(sorted(said.id for said in found.values()), lock=True)
    accounts = await unit.accounts.by_stripe(sorted({key.stripe_account for key in found} - {""}))
    ended = await unit.now()
    requests: list[PostRequest] = []
    for key, said in found.items():
        before = known.get(said.id)
        if before is not None and may_be_older(before.observed_time, began):
            raise StaleAnswerError
        payout = before or found_payout(said, new_id(), key.stripe_account, ended=ended)
        payout = follow_payout(payout, said, accounts.get(key.stripe_account), began=began, ended=ended)
        after, posted = book_payout(payout)
        requests += posted
        await (unit.payouts.save(after) if before else unit.payouts.add(after))
        await unit.outbox.add(payout_events(before, after))
    return requests
