"""What balance transactions are about: whose payment, which connected account, at whose expense."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from payments_service.application.follow.payments import payments_behind, refund_behind_row
from payments_service.application.ports import UnitOfWork
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.payment.model import Payment
from payments_service.domain.refund.model import AbsorbBy, Refund
from payments_service.domain.refund.transitions import absorbed_by
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.domain.settlement.recipe import REFUNDS, Concern


def transfers_to_fetch(rows: Sequence[BalanceTransaction], known: Mapping[str, object]) -> set[str]:
    """Transfers whose reversals are in these rows, and whose destination nobody knows yet.

    Args:
        rows: a page of balance transactions.
        known: what is booked, by source.
    """
    here = {row.source_id for row in rows if row.destination}
    return {row.parent_id for row in rows if row.parent_id.startswith("tr_") and row.parent_id not in here} - set(known)


async def concerns_of(
    unit: UnitOfWork,
    rows: Sequence[BalanceTransaction],
    book_of: ConnectedAccount | None,
    fetched_destinations: Mapping[str, str],
) -> list[Concern]:
    """What each row is about, with the payments behind them locked.

    Args:
        unit: the transaction in which they are booked.
        rows: balance transactions of one Stripe account, oldest first.
        book_of: the connected account whose they are; None for the platform's.
        fetched_destinations: Stripe's account ids by transfer, for transfers that no booked row tells of.
    """
    if book_of is not None:
        return [Concern(account=book_of)] * len(rows)
    payments = await payments_behind(unit, {row.intent_id: row.payment_hint for row in rows if row.intent_id})
    refunds = await unit.refunds.of_payments(sorted(payment.id for payment in payments.values()))
    paid, followed = await _accounts(unit, rows, payments, fetched_destinations)
    concerns = []
    for row in rows:
        payment = payments.get(row.intent_id)
        of_payment = payment.connected_account_id if payment else None
        concerns.append(
            Concern(
                payment=payment,
                account=paid.get(of_payment) if of_payment else followed.get(row.id),
                absorb_by=_absorb_by(row, payment, refunds.get(payment.id, [])) if payment else AbsorbBy.UNSPECIFIED,
            )
        )
    return concerns


async def _accounts(
    unit: UnitOfWork,
    rows: Sequence[BalanceTransaction],
    payments: Mapping[str, Payment],
    fetched_destinations: Mapping[str, str],
) -> tuple[dict[UUID, ConnectedAccount], dict[str, ConnectedAccount]]:
    """The connected accounts that payments pay, by our id, and those that transfers move, by balance transaction."""
    destinations = {row.source_id: row.destination for row in rows if row.destination} | dict(fetched_destinations)
    booked = await unit.settlement.accounts_of(sorted({row.parent_id for row in rows} - {""}))
    ours = {payment.connected_account_id for payment in payments.values() if payment.connected_account_id}
    by_id = await unit.accounts.many(sorted(ours | set(booked.values())))
    by_stripe = await unit.accounts.by_stripe(sorted(set(destinations.values()) - {""}))
    followed = {}
    for row in rows:
        source = row.source_id if row.destination else row.parent_id
        account = by_stripe.get(destinations.get(source, ""))
        if account is None and row.parent_id in booked:
            account = by_id.get(booked[row.parent_id])
        if account is not None:
            followed[row.id] = account
    return by_id, followed


def _absorb_by(row: BalanceTransaction, payment: Payment, refunds: Sequence[Refund]) -> AbsorbBy:
    if row.type not in REFUNDS:
        return AbsorbBy.UNSPECIFIED
    refund = refund_behind_row(refunds, row)
    return refund.absorb_by if refund else absorbed_by(payment, reversed_transfer=row.reverses_transfer)
