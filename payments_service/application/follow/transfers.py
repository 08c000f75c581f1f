"""Transfers to connected accounts follow Stripe's. Their money is booked by their balance transactions alone."""

from datetime import datetime

from payments_service.application.follow.news import News
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import UnitOfWork
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.observation import may_be_older
from payments_service.domain.transfer.model import TransferSnapshot
from payments_service.domain.transfer.transitions import follow_transfer, found_transfer


async def follow_transfers(unit: UnitOfWork, news: News, began: datetime) -> list[PostRequest]:
    """Let the platform's transfers follow, inside the transaction that commits them.

    Raises:
        StaleAnswerError: other news of the same transfers came in between.
    """
    found = [said for said in news.objects.values() if isinstance(said, TransferSnapshot)]
    if not found:
        return []
    known = await unit.transfers.by_stripe(sorted(said.id for said in found), lock=True)
    accounts = await unit.accounts.by_stripe(sorted({said.destination for said in found} - {""}))
    ended = await unit.now()
    for said in found:
        before = known.get(said.id)
        if before is not None and may_be_older(before.observed_time, began):
            raise StaleAnswerError
        transfer = before or found_transfer(said, new_id(), ended=ended)
        after = follow_transfer(transfer, said, accounts.get(said.destination), began=began, ended=ended)
        await (unit.transfers.save(after) if before else unit.transfers.add(after))
    return []
