"""Connected accounts follow what was fetched of Stripe's, and only those that are ours."""

from datetime import timedelta

import pytest

from payments_service.application.follow.accounts import follow_accounts
from payments_service.application.follow.news import News
from payments_service.application.operations.model import StaleAnswerError
from payments_service.domain.account.model import AccountSnapshot, AccountState, BusinessType, Requirements
from payments_service.domain.ids import Prefix, format_id
from tests.unit.payments_service.application.memory import Accounts, Memory
from tests.unit.payments_service.domain.samples import NOON, an_account


def news_of(name: str, hint: str = "") -> News:
    """All is well with an account; `hint` is our id in its metadata."""
    snapshot = AccountSnapshot(
        id=name,
        country="US",
        default_currency="usd",
        email="a@example.com",
        business_type=BusinessType.INDIVIDUAL,
        charges_enabled=True,
        payouts_enabled=True,
        transfers_enabled=True,
        details_submitted=True,
        requirements=Requirements(),
        metadata={"payments_account_id": hint} if hint else {},
    )
    return News(accounts={name: snapshot})


async def test_an_account_follows_stripes() -> None:
    account = an_account(stripe_account="acct_1", state=AccountState.ONBOARDING)
    memory = Memory(accounts=Accounts(account))

    await follow_accounts(memory.unit, news_of("acct_1"), NOON)

    assert memory.accounts.rows[account.id].state is AccountState.ACTIVE
    assert memory.outbox.types == ["account.updated"]
    assert memory.settlement.due == []


async def test_an_account_that_was_just_created_is_found_by_the_hint_and_its_money_is_looked_at() -> None:
    account = an_account()
    memory = Memory(accounts=Accounts(account))

    await follow_accounts(memory.unit, news_of("acct_1", format_id(Prefix.CONNECTED_ACCOUNT, account.id)), NOON)

    assert memory.accounts.rows[account.id].stripe_account == "acct_1"
    assert memory.settlement.due == ["acct_1"]


@pytest.mark.parametrize("hinted", [True, False])
async def test_what_is_not_ours_is_passed_over(hinted: bool) -> None:
    account = an_account(stripe_account="acct_2")
    memory = Memory(accounts=Accounts(account))
    hint = format_id(Prefix.CONNECTED_ACCOUNT, account.id) if hinted else "no id at all"

    await follow_accounts(memory.unit, news_of("acct_1", hint), NOON)

    assert memory.accounts.rows[account.id] == account


async def test_no_news_are_no_work() -> None:
    memory = Memory()

    await follow_accounts(memory.unit, News(), NOON)

    assert memory.time == NOON


async def test_news_that_may_be_older_are_asked_for_again() -> None:
    account = an_account(stripe_account="acct_1", observed_time=NOON + timedelta(seconds=30))
    memory = Memory(accounts=Accounts(account))

    with pytest.raises(StaleAnswerError):
        await follow_accounts(memory.unit, news_of("acct_1"), NOON)

    assert memory.accounts.rows[account.id] == account
