"""What balance transactions are about: whose payment, which connected account, at whose expense."""

from collections.abc import Mapping, Sequence

from payments_service.application.follow.payments import payments_behind, refund_behind_row
from payments_service.application.ports import UnitOfWork
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.payment.model import Payment
from payments_service.domain.refund.model import AbsorbBy, Refund
from payments_service.domain.refund.transitions import absorbed_by
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.kinds import Kind, kind_of
from payments_service.domain.settlement.model import BalanceTransaction

GENERATIONS = 3
"""From a charge to what is furthest from it: its fee or transfer, that one's refund or reversal."""


def transfers_to_fetch(rows: Sequence[BalanceTransaction], known: Mapping[str, object]) -> set[str]:
    """Transfers whose reversals are in these rows, and whose destination nobody knows yet.

    Args:
        rows: a page of balance transactions.
        known: what is booked, by source.
    """
    here = {row.source_id for row in rows if row.destination}
    wanted = {row.parent_id for row in rows if row.parent_id.startswith("tr_") and not row.stripe_account}
    return wanted - here - set(known)


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
    accounts = await _accounts(unit, rows, payments, fetched_destinations)
    concerns = []
    for row in rows:
        payment = payments.get(row.intent_id)
        concerns.append(
            Concern(
                payment=payment,
                account=accounts.get(row.source_id),
                absorb_by=_absorb_by(row, payment, refunds.get(payment.id, []) if payment else []),
            )
        )
    return concerns


async def _accounts(
    unit: UnitOfWork,
    rows: Sequence[BalanceTransaction],
    payments: Mapping[str, Payment],
    fetched_destinations: Mapping[str, str],
) -> dict[str, ConnectedAccount]:
    """The connected accounts that rows concern, by source: whom payments pay, whom transfers move, what followed."""
    destinations = {row.source_id: row.destination for row in rows if row.destination} | dict(fetched_destinations)
    booked = await unit.settlement.accounts_of(sorted({row.parent_id for row in rows} - {""}))
    paid = {
        row.source_id: payment.connected_account_id
        for row in rows
        if (payment := payments.get(row.intent_id)) and payment.connected_account_id and row.source_id
    }
    ours = booked | paid
    by_id = await unit.accounts.many(sorted(set(ours.values())))
    by_stripe = await unit.accounts.by_stripe(sorted(set(destinations.values()) - {""}))
    found = {source: by_stripe[name] for source, name in destinations.items() if name in by_stripe}
    found |= {source: by_id[account_id] for source, account_id in ours.items() if account_id in by_id}
    for _ in range(GENERATIONS):
        followed = {row.source_id: found[row.parent_id] for row in rows if row.source_id and row.parent_id in found}
        found = followed | found
    return found


def _absorb_by(row: BalanceTransaction, payment: Payment | None, refunds: Sequence[Refund]) -> AbsorbBy:
    if kind_of(row) is not Kind.REFUND:
        return AbsorbBy.UNSPECIFIED
    if payment is None:
        return AbsorbBy.CREATOR if row.reverses_transfer else AbsorbBy.PLATFORM
    refund = refund_behind_row(refunds, row)
    return refund.absorb_by if refund else absorbed_by(payment, reversed_transfer=row.reverses_transfer)
