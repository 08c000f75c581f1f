"""How a transfer follows Stripe's: the newest answer counts."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.observation import may_be_older
from payments_service.domain.transfer.model import Transfer, TransferSnapshot, TransferState


def found_transfer(snapshot: TransferSnapshot, transfer_id: UUID, *, ended: datetime) -> Transfer:
    """A transfer that is new here."""
    return Transfer(
        id=transfer_id,
        stripe_transfer_id=snapshot.id,
        connected_account_id=None,
        owner_id="",
        amount=snapshot.amount,
        amount_reversed=snapshot.amount_reversed,
        state=_state(snapshot),
        destination=snapshot.destination,
        livemode=snapshot.livemode,
        create_time=ended,
        update_time=ended,
    )


def follow_transfer(
    transfer: Transfer,
    snapshot: TransferSnapshot,
    account: ConnectedAccount | None,
    *,
    began: datetime,
    ended: datetime,
) -> Transfer:
    """The transfer after Stripe's answer, or unchanged when the answer may be older than what is known.

    Args:
        transfer: as it is stored, under its lock.
        snapshot: what Stripe said.
        account: the connected account that got it; None when that is none of ours.
        began: database time before the call to Stripe began.
        ended: database time after it ended.
    """
    if may_be_older(transfer.observed_time, began):
        return transfer
    return replace(
        transfer,
        connected_account_id=account.id if account else transfer.connected_account_id,
        owner_id=account.owner_id if account else transfer.owner_id,
        amount=snapshot.amount,
        amount_reversed=snapshot.amount_reversed,
        state=_state(snapshot),
        destination=snapshot.destination,
        source_transaction_id=snapshot.source_transaction_id,
        destination_payment_id=snapshot.destination_payment_id,
        balance_transaction_id=snapshot.balance_transaction_id,
        transfer_group=snapshot.transfer_group,
        observed_time=ended,
        update_time=ended,
    )


def _state(snapshot: TransferSnapshot) -> TransferState:
    reversed_minor = snapshot.amount_reversed.amount_minor
    if not reversed_minor:
        return TransferState.CREATED
    whole = reversed_minor >= snapshot.amount.amount_minor
    return TransferState.REVERSED if whole else TransferState.PARTIALLY_REVERSED
