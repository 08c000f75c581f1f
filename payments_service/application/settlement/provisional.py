"""Booking what is paid before Stripe has booked it, and taking it back when it was not paid in the end."""

from collections.abc import Sequence

import structlog

from payments_service.application.ports import UnitOfWork
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.money import Money
from payments_service.domain.payment.model import IntentSnapshot, Payment
from payments_service.domain.settlement.model import ProvisionalCharge, ProvisionalState
from payments_service.domain.settlement.provisional import provisional_request, reversal_request, waits_for_stripe
from payments_service.observability.work_metrics import PROVISIONAL_TOTAL

_log = structlog.get_logger(__name__)


async def provisional_requests(
    unit: UnitOfWork, followed: Sequence[tuple[Payment, IntentSnapshot]]
) -> list[PostRequest]:
    """What is to be posted, last in this transaction, for payments that have just followed their fetched intents.

    Args:
        unit: the transaction, which holds the payments' locks.
        followed: the payments as they are now, and what was fetched.
    """
    paid = {
        charge.id: (payment, Money(intent.amount_received, intent.amount.currency))
        for payment, intent in followed
        if (charge := waits_for_stripe(payment, intent))
    }
    failed = sorted(intent.charge.id for _, intent in followed if intent.charge and intent.charge.failed)
    if not paid and not failed:
        return []
    known = await unit.provisional.of_charges(sorted({*paid, *failed}))
    new = sorted(paid.keys() - known.keys())
    # Under the payments' locks: who settles them waits, or has committed what is seen here.
    booked = await unit.settlement.booked_charges(new)
    requests = await _book(unit, {charge: paid[charge] for charge in new if charge not in booked})
    back = [known[name] for name in failed if name in known and known[name].state is ProvisionalState.STANDING]
    await unit.provisional.end([one.charge_id for one in back], ProvisionalState.REVERSED)
    for standing in back:
        requests.append(reversal_request(standing, new_id(), "not paid in the end"))
        PROVISIONAL_TOTAL.labels("failed").inc()
        _log.warning("provisional.failed", charge_id=standing.charge_id)
    return requests


async def _book(unit: UnitOfWork, paid: dict[str, tuple[Payment, Money]]) -> list[PostRequest]:
    accounts = await unit.accounts.many(sorted({name for payment, _ in paid.values() for name in payment.payees}))
    requests: list[PostRequest] = []
    charges = []
    for charge_id, (payment, amount) in paid.items():
        request = provisional_request(payment, accounts, charge_id, amount, new_id())
        if request is None:
            continue
        requests.append(request)
        charges.append(ProvisionalCharge(charge_id, payment.id, amount, request.transaction_id))
        PROVISIONAL_TOTAL.labels("booked").inc()
        _log.info("provisional.booked", charge_id=charge_id)
    await unit.provisional.add(charges)
    return requests
