"""How a connected account follows Stripe's account: whatever the order in which answers arrive, the newest counts."""

from dataclasses import replace
from datetime import datetime

from payments_service.domain.account.model import AccountSnapshot, AccountState, ConnectedAccount
from payments_service.domain.observation import may_be_older


def follow_account(
    account: ConnectedAccount, snapshot: AccountSnapshot, *, began: datetime, ended: datetime
) -> ConnectedAccount:
    """The account after Stripe's answer, or unchanged when the answer may be older than what is known.

    Args:
        account: as it is stored, under its lock.
        snapshot: what Stripe said.
        began: database time before the call to Stripe began.
        ended: database time after it ended.
    """
    if may_be_older(account.observed_time, began):
        return account
    return replace(
        account,
        state=_state(snapshot),
        stripe_account=snapshot.id,
        country=snapshot.country,
        email=snapshot.email,
        business_type=snapshot.business_type,
        default_currency=snapshot.default_currency,
        charges_enabled=snapshot.charges_enabled,
        payouts_enabled=snapshot.payouts_enabled,
        transfers_enabled=snapshot.transfers_enabled,
        details_submitted=snapshot.details_submitted,
        requirements=snapshot.requirements,
        observed_time=ended,
        update_time=ended,
    )


def lose_account(account: ConnectedAccount, ended: datetime) -> ConnectedAccount:
    """The account when Stripe does not show it to us (any more): its owner has disconnected it, or it is deleted.

    Nothing can be charged for it or paid to it from then on; its history stays.
    """
    return replace(
        account,
        state=AccountState.DISCONNECTED,
        charges_enabled=False,
        payouts_enabled=False,
        transfers_enabled=False,
        observed_time=ended,
        update_time=ended,
    )


def fail_account(account: ConnectedAccount, now: datetime) -> ConnectedAccount:
    """The account when it is certain that Stripe never created, and never will create, one for it."""
    return replace(account, state=AccountState.FAILED, update_time=now)


def _state(snapshot: AccountSnapshot) -> AccountState:
    """Stripe has no state of its own: it follows from what is switched on and what is missing."""
    reason = snapshot.requirements.disabled_reason
    if reason.startswith("rejected.") or reason == "platform_paused":
        return AccountState.REJECTED if reason.startswith("rejected.") else AccountState.RESTRICTED
    if not snapshot.details_submitted:
        return AccountState.ONBOARDING
    if snapshot.payouts_enabled and snapshot.transfers_enabled and not snapshot.requirements.past_due:
        return AccountState.ACTIVE
    if reason in ("requirements.pending_verification", "under_review"):
        return AccountState.PENDING
    return AccountState.RESTRICTED
