"""Connected accounts follow Stripe's."""

from datetime import datetime

from payments_service.application.accounts.store import save_account
from payments_service.application.follow.news import News
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import UnitOfWork
from payments_service.application.stripe import METADATA_ACCOUNT
from payments_service.domain.account.transitions import follow_account, lose_account
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.observation import may_be_older


async def follow_accounts(unit: UnitOfWork, news: News, began: datetime) -> None:
    """Let connected accounts follow, inside the transaction that commits them; what is not ours is passed over.

    Raises:
        StaleAnswerError: other news of the same accounts came in between.
    """
    if not news.accounts:
        return
    known = {name: account.id for name, account in (await unit.accounts.by_stripe(sorted(news.accounts))).items()}
    for name, said in news.accounts.items():
        # An account that was just created names itself in Stripe's metadata before we have its id.
        hinted = parse_id(Prefix.CONNECTED_ACCOUNT, said.metadata.get(METADATA_ACCOUNT, "")) if said else None
        if name not in known and hinted is not None:
            known[name] = hinted
    locked = await unit.accounts.lock(sorted(set(known.values())))
    ended = await unit.now() if locked else began
    for name, said in news.accounts.items():
        before = locked.get(known[name]) if name in known else None
        if before is None or before.stripe_account not in ("", name):
            continue
        if may_be_older(before.observed_time, began):
            raise StaleAnswerError
        after = lose_account(before, ended) if said is None else follow_account(before, said, began=began, ended=ended)
        await save_account(unit, before, after)
