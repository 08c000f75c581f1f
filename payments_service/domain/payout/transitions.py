"""How a payout follows Stripe's: also one that was paid can fail, so the newest answer counts."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.observation import may_be_older
from payments_service.domain.payout.model import Payout, PayoutSnapshot


def found_payout(snapshot: PayoutSnapshot, payout_id: UUID, stripe_account: str, *, ended: datetime) -> Payout:
    """A payout that is new here."""
    return Payout(
        id=payout_id,
        stripe_payout_id=snapshot.id,
        stripe_account=stripe_account,
        connected_account_id=None,
        owner_id="",
        amount=snapshot.amount,
        moved=snapshot.moved,
        state=snapshot.state,
        stripe_status=snapshot.status,
        livemode=snapshot.livemode,
        create_time=ended,
        update_time=ended,
    )


def follow_payout(
    payout: Payout, snapshot: PayoutSnapshot, account: ConnectedAccount | None, *, began: datetime, ended: datetime
) -> Payout:
    """The payout after Stripe's answer, or unchanged when the answer may be older than what is known.

    Args:
        payout: as it is stored, under its lock.
        snapshot: what Stripe said.
        account: the connected account whose it is; None for the platform, or when it is none of ours.
        began: database time before the call to Stripe began.
        ended: database time after it ended.
    """
    if may_be_older(payout.observed_time, began):
        return payout
    return replace(
        payout,
        connected_account_id=account.id if account else payout.connected_account_id,
        owner_id=account.owner_id if account else payout.owner_id,
        amount=snapshot.amount,
        moved=snapshot.moved,
        state=snapshot.state,
        stripe_status=snapshot.status,
        arrival_time=snapshot.arrival_time,
        automatic=snapshot.automatic,
        method=snapshot.method,
        failure_code=snapshot.failure_code,
        balance_transaction_id=snapshot.balance_transaction_id or payout.balance_transaction_id,
        failure_balance_transaction_id=snapshot.failure_balance_transaction_id,
        original_payout_id=snapshot.original_payout_id,
        reversed_by_id=snapshot.reversed_by_id,
        reconciliation_status=snapshot.reconciliation_status,
        observed_time=ended,
        update_time=ended,
    )
