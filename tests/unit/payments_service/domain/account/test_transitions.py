"""A connected account follows Stripe's: its state is what is switched on and what is missing, by the newest answer."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.account.model import (
    AccountSnapshot,
    AccountState,
    BusinessType,
    ConnectedAccount,
    Requirements,
)
from payments_service.domain.account.transitions import fail_account, follow_account
from tests.unit.payments_service.domain.samples import NOON, an_account

SECOND = timedelta(seconds=1)
ACCOUNT = an_account(metadata={"shop": "7"})
SNAPSHOT = AccountSnapshot(
    id="acct_1",
    country="DE",
    default_currency="eur",
    email="new@example.com",
    business_type=BusinessType.COMPANY,
    charges_enabled=True,
    payouts_enabled=True,
    transfers_enabled=True,
    details_submitted=True,
    requirements=Requirements(),
    metadata={"payments_account_id": "acn_1"},
)
"""An account with which all is well."""


def at(second: float) -> datetime:
    return NOON + second * SECOND


def a_snapshot(reason: str = "", past_due: tuple[str, ...] = (), **changes: object) -> AccountSnapshot:
    changed = {"requirements": Requirements(past_due=past_due, disabled_reason=reason), **changes}
    return replace(SNAPSHOT, **changed)  # type: ignore[arg-type]  # each test names real fields


def followed(account: ConnectedAccount, snapshot: AccountSnapshot, began: float, ended: float) -> ConnectedAccount:
    return follow_account(account, snapshot, began=at(began), ended=at(ended))


NEW: dict[str, Any] = {
    "charges_enabled": False,
    "payouts_enabled": False,
    "transfers_enabled": False,
    "details_submitted": False,
}
OFF: dict[str, Any] = {"charges_enabled": False, "payouts_enabled": False, "transfers_enabled": False}


@pytest.mark.parametrize(
    ("snapshot", "state"),
    [
        pytest.param(a_snapshot(), AccountState.ACTIVE, id="all is well"),
        pytest.param(a_snapshot(charges_enabled=False), AccountState.ACTIVE, id="no charges of its own are needed"),
        pytest.param(a_snapshot(**NEW), AccountState.ONBOARDING, id="just created"),
        pytest.param(
            a_snapshot("requirements.past_due", ("external_account",), **NEW),
            AccountState.ONBOARDING,
            id="onboarding has not been finished in time",
        ),
        pytest.param(
            a_snapshot("requirements.pending_verification", **NEW),
            AccountState.ONBOARDING,
            id="nothing was submitted that could be verified",
        ),
        pytest.param(a_snapshot("requirements.pending_verification", **OFF), AccountState.PENDING, id="being verified"),
        pytest.param(a_snapshot("under_review", **OFF), AccountState.PENDING, id="under review"),
        pytest.param(
            a_snapshot("requirements.pending_verification"), AccountState.ACTIVE, id="verified again while switched on"
        ),
        pytest.param(
            a_snapshot("requirements.past_due", ("individual.verification.document",), **OFF),
            AccountState.RESTRICTED,
            id="past due and switched off",
        ),
        pytest.param(a_snapshot(past_due=("company.tax_id",)), AccountState.RESTRICTED, id="past due, still on"),
        pytest.param(a_snapshot(payouts_enabled=False), AccountState.RESTRICTED, id="no payouts"),
        pytest.param(a_snapshot(transfers_enabled=False), AccountState.RESTRICTED, id="no transfers"),
        pytest.param(a_snapshot("listed", **OFF), AccountState.RESTRICTED, id="listed"),
        pytest.param(a_snapshot("a reason of tomorrow", **OFF), AccountState.RESTRICTED, id="unknown reason"),
        pytest.param(a_snapshot("platform_paused"), AccountState.RESTRICTED, id="paused by the platform"),
        pytest.param(a_snapshot("platform_paused", **NEW), AccountState.RESTRICTED, id="paused while still onboarding"),
        pytest.param(a_snapshot("rejected.fraud", **OFF), AccountState.REJECTED, id="rejected for fraud"),
        pytest.param(a_snapshot("rejected.listed", **OFF), AccountState.REJECTED, id="rejected as listed"),
        pytest.param(a_snapshot("rejected.other"), AccountState.REJECTED, id="rejected, whatever is still on"),
        pytest.param(
            a_snapshot("rejected.terms_of_service", **NEW), AccountState.REJECTED, id="rejected while onboarding"
        ),
    ],
)
def test_the_state_is_what_is_on_and_what_is_missing(snapshot: AccountSnapshot, state: AccountState) -> None:
    assert followed(ACCOUNT, snapshot, 0, 1).state is state


def test_an_answer_brings_what_it_knows_and_leaves_what_is_ours() -> None:
    requirements = Requirements(("external_account",), ("company.tax_id",), "requirements.past_due", at(60))

    moved = followed(ACCOUNT, replace(SNAPSHOT, requirements=requirements), 0, 1)

    assert (moved.stripe_account, moved.country, moved.email) == ("acct_1", "DE", "new@example.com")
    assert (moved.default_currency, moved.business_type) == ("eur", BusinessType.COMPANY)
    assert (moved.charges_enabled, moved.payouts_enabled) == (True, True)
    assert (moved.transfers_enabled, moved.details_submitted) == (True, True)
    assert moved.requirements == requirements
    assert (moved.observed_time, moved.update_time) == (at(1), at(1))
    assert (moved.id, moved.owner_id, moved.metadata) == (ACCOUNT.id, "seller_1", {"shop": "7"})
    assert moved.create_time == ACCOUNT.create_time


def test_an_answer_that_may_be_older_than_what_is_known_changes_nothing() -> None:
    active = followed(ACCOUNT, a_snapshot(), 0, 2)

    assert followed(active, a_snapshot(**NEW), 1, 3) == active
    assert followed(active, a_snapshot("rejected.fraud"), 2, 3).state is AccountState.REJECTED


def test_what_stripe_switched_off_again_is_restricted_again() -> None:
    active = followed(ACCOUNT, a_snapshot(), 0, 1)

    assert followed(active, a_snapshot(payouts_enabled=False), 1, 2).state is AccountState.RESTRICTED


def test_every_order_of_answers_ends_with_the_newest() -> None:
    answers = [
        (a_snapshot(**NEW), 0),
        (a_snapshot("requirements.pending_verification", **OFF), 2),
        (a_snapshot(), 4),
        (a_snapshot("requirements.past_due", ("company.tax_id",)), 6),
    ]
    ends = set()
    for order in itertools.permutations(answers):
        moved = ACCOUNT
        for snapshot, second in order:
            moved = followed(moved, snapshot, second, second + 1)
        ends.add((moved.state, moved.observed_time))

    assert ends == {(AccountState.RESTRICTED, at(7))}


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 60), min_size=2, max_size=2).map(sorted), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_it_never_goes_back(answers: list[tuple[list[int], bool]]) -> None:
    account, shown_until = ACCOUNT, -1
    for (began, ended), submitted in answers:
        after = followed(account, a_snapshot(details_submitted=submitted), began, ended)
        assert (after is account) == (began < shown_until)
        if after is not account:
            shown_until = ended
        account = after


def test_an_account_that_stripe_never_made_has_failed() -> None:
    failed = fail_account(ACCOUNT, at(1))

    assert (failed.state, failed.stripe_account, failed.update_time) == (AccountState.FAILED, "", at(1))
