"""A connected account as callers see it."""

from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import account_pb2

from payments_service.domain.account.model import AccountState, BusinessType, Requirements
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.convert.account import BUSINESS_TYPE_FROM_MESSAGE, STATE_TO_MESSAGE, account_to_message
from tests.unit.payments_service.domain.samples import NOON, an_account

SECONDS = int(NOON.timestamp())
ACCOUNT = an_account(
    state=AccountState.RESTRICTED,
    stripe_account="acct_1",
    default_currency="usd",
    charges_enabled=True,
    payouts_enabled=True,
    transfers_enabled=True,
    details_submitted=True,
    requirements=Requirements(
        ("external_account",), ("company.tax_id",), "requirements.past_due", NOON + timedelta(days=1)
    ),
    metadata={"shop": "7"},
    livemode=True,
    update_time=NOON + timedelta(microseconds=1),
)


def test_everything_there_is_to_see_is_shown() -> None:
    message = account_to_message(ACCOUNT)

    assert message == account_pb2.ConnectedAccount(
        id=format_id(Prefix.CONNECTED_ACCOUNT, ACCOUNT.id),
        owner_id="seller_1",
        stripe_account_id="acct_1",
        state=account_pb2.CONNECTED_ACCOUNT_STATE_RESTRICTED,
        country_code="US",
        email="seller@example.com",
        business_type=account_pb2.BUSINESS_TYPE_INDIVIDUAL,
        default_currency_code="usd",
        charges_enabled=True,
        payouts_enabled=True,
        transfers_enabled=True,
        details_submitted=True,
        requirements=account_pb2.AccountRequirements(
            currently_due=["external_account"],
            past_due=["company.tax_id"],
            disabled_reason="requirements.past_due",
            current_deadline=Timestamp(seconds=SECONDS + 86_400),
        ),
        metadata={"shop": "7"},
        livemode=True,
        create_time=Timestamp(seconds=SECONDS),
        update_time=Timestamp(seconds=SECONDS, nanos=1_000),
    )
    assert len(message.ListFields()) == len(message.DESCRIPTOR.fields)


@pytest.mark.parametrize("flag", ["charges_enabled", "payouts_enabled", "transfers_enabled", "details_submitted"])
def test_each_switch_is_shown_as_itself(flag: str) -> None:
    message = account_to_message(an_account(**{flag: True}))

    flags = ("charges_enabled", "payouts_enabled", "transfers_enabled", "details_submitted")
    assert {name: getattr(message, name) for name in flags} == {name: name == flag for name in flags}


def test_without_a_deadline_none_is_shown() -> None:
    assert not account_to_message(an_account()).requirements.HasField("current_deadline")


@pytest.mark.parametrize("state", AccountState)
def test_every_state_has_a_word(state: AccountState) -> None:
    message = account_to_message(an_account(state=state))

    shown = account_pb2.ConnectedAccountState.Name(message.state)
    assert shown == f"CONNECTED_ACCOUNT_STATE_{state.value}"


def test_the_words_of_the_api_and_ours_are_the_same_ones() -> None:
    assert {"CONNECTED_ACCOUNT_STATE_UNSPECIFIED", *STATE_TO_MESSAGE.values()} == set(
        account_pb2.ConnectedAccountState.keys()
    )
    assert set(BUSINESS_TYPE_FROM_MESSAGE) == set(account_pb2.BusinessType.values())
    assert BUSINESS_TYPE_FROM_MESSAGE[0] is BusinessType.UNSPECIFIED
