"""What balance transactions are about: whose payment, which connected account, at whose expense."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from payments_service.application.follow.payments import payments_behind, refund_behind_row
from payments_service.application.ports import UnitOfWork
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.payment.model import ChargeModel, Payment
from payments_service.domain.refund.model import AbsorbBy, Refund
from payments_service.domain.refund.transitions import absorbed_by
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.kinds import Kind, kind_of
from payments_service.domain.settlement.model import BalanceTransaction, ProvisionalCharge, ProvisionalState
from payments_service.domain.stripe_object.model import ObjectKey, ObjectKind

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
    hints = {row.intent_id: row.payment_hint for row in rows if row.intent_id}
    if book_of is not None:
        direct = await payments_behind(unit, hints, dict.fromkeys(hints, book_of.stripe_account)) if hints else {}
        return [Concern(payment=direct.get(row.intent_id), account=book_of) for row in rows]
    payments = await payments_behind(unit, hints)
    by_payment = {payment.id: payment for payment in payments.values()}
    refunds = await unit.refunds.of_payments(sorted(by_payment))
    accounts = await _accounts(unit, rows, payments, fetched_destinations)
    payees = await unit.accounts.many(sorted({split.account_id for one in by_payment.values() for split in one.splits}))
    standing = await _standing(unit, rows, payments)
    stands = await _credits(unit, by_payment, refunds, standing)
    transferred = await _transferred(unit, rows, payments)
    concerns = []
    for row in rows:
        payment = payments.get(row.intent_id) or transferred.get(row.source_id)
        concern = Concern(
            payment=payment,
            account=accounts.get(row.source_id),
            absorb_by=_absorb_by(row, payment, refunds.get(payment.id, []) if payment else []),
            payees=payees if payment and payment.splits else {},
            provisional=standing.get(row.source_id) if kind_of(row) is Kind.PAID else None,
        )
        if payment is not None and payment.id in stands:
            concern = replace(concern, credited_minor=stands[payment.id][row.currency])
            stands[payment.id][row.currency] += _credited(row, concern)
        concerns.append(concern)
    return concerns


async def _standing(
    unit: UnitOfWork, rows: Sequence[BalanceTransaction], payments: Mapping[str, Payment]
) -> dict[str, ProvisionalCharge]:
    """The provisional bookings that stand for payments behind rows, by charge."""
    charges = {row.source_id for row in rows if kind_of(row) is Kind.PAID and row.intent_id in payments}
    charges |= {payment.charge_id for payment in payments.values() if payment.splits}
    known = await unit.provisional.of_charges(sorted(charges - {""})) if charges - {""} else {}
    return {name: charge for name, charge in known.items() if charge.state is ProvisionalState.STANDING}


async def _credits(
    unit: UnitOfWork,
    payments: Mapping[UUID, Payment],
    refunds: Mapping[UUID, Sequence[Refund]],
    standing: Mapping[str, ProvisionalCharge],
) -> dict[UUID, Counter[str]]:
    """What the credits of each payment that is shared out stand at, by currency: its parts are those of this sum."""
    shared = {name: one for name, one in payments.items() if one.charge_model is ChargeModel.SEPARATE}
    booked = await unit.settlement.of_charges(sorted(shared)) if shared else {}
    stands: dict[UUID, Counter[str]] = {name: Counter() for name in shared}
    for name, payment in shared.items():
        for row in booked.get(name, []):
            concern = Concern(payment, absorb_by=_absorb_by(row, payment, refunds.get(name, [])))
            stands[name][row.currency] += _credited(row, concern)
        if payment.charge_id in standing:
            amount = standing[payment.charge_id].amount
            stands[name][amount.currency] += amount.amount_minor
    return stands


def _credited(row: BalanceTransaction, concern: Concern) -> int:
    """What a row adds to what its payment credits; a provisional booking that it replaces is counted already."""
    kind = kind_of(row)
    if kind is Kind.REFUND and concern.absorb_by is AbsorbBy.PLATFORM:
        return 0
    if kind is Kind.PAID:
        return row.amount - concern.unsettled_minor(row.currency)
    return row.amount if kind in (Kind.UNDONE, Kind.REFUND) else 0


async def _transferred(
    unit: UnitOfWork, rows: Sequence[BalanceTransaction], payments: Mapping[str, Payment]
) -> dict[str, Payment]:
    """The payments that transfers and their reversals are made of, by source."""
    transfers = [row for row in rows if kind_of(row) is Kind.TRANSFER and row.parent_id]
    if not transfers:
        return {}
    known = await unit.settlement.payments_of(sorted({row.parent_id for row in transfers}))
    found = await unit.payments.many(sorted(set(known.values())))
    of_source = {source: found[name] for source, name in known.items() if name in found}
    of_source |= {row.source_id: payments[row.intent_id] for row in rows if row.intent_id in payments}
    for _ in range(GENERATIONS):
        followed = {row.source_id: of_source[row.parent_id] for row in transfers if row.parent_id in of_source}
        of_source = followed | of_source
    wanted = {row.source_id for row in transfers}
    return {
        source: payment
        for source, payment in of_source.items()
        if source in wanted and payment.charge_model is ChargeModel.SEPARATE
    }


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


def objects_behind(rows: Sequence[BalanceTransaction]) -> frozenset[ObjectKey]:
    """The disputes and payouts that rows are about: their state decides what is booked besides the rows."""
    kinds = {Kind.DISPUTE: ObjectKind.DISPUTE, Kind.PAYOUT: ObjectKind.PAYOUT}
    return frozenset(
        ObjectKey(row.stripe_account, kinds[kind], row.source_id)
        for row in rows
        if row.source_id and (kind := kind_of(row)) in kinds
    )
