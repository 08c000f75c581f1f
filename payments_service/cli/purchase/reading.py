"""Reading all that the service and Stripe say after a purchase."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from payments_api.v1 import (
    account_service_pb2,
    event_pb2,
    fee_pb2,
    fee_service_pb2,
    ledger_pb2,
    ledger_service_pb2,
    payment_service_pb2,
    refund_pb2,
    refund_service_pb2,
    reporting_service_pb2,
)

from payments_service.cli.purchase.facts import MIRROR, Booking, Facts, seller_codes
from payments_service.cli.purchase.sandbox import Sandbox
from payments_service.cli.purchase.service import Service

_PAGE = 200
_PAGES_MAX = 10
"""How far back a purchase's entries are looked for among those of others that are played at the same time."""


@dataclass(frozen=True, slots=True)
class Deal:
    """What is to be read about.

    Attributes:
        events: pulled already.
    """

    reference: str
    seller_id: str
    stripe_account_id: str
    payment_id: str
    has_client_secret: bool
    schedule: fee_pb2.FeeSchedule | None
    estimate: fee_pb2.FeeEstimate
    events: Sequence[event_pb2.Event]


async def read_facts(service: Service, sandbox: Sandbox, deal: Deal) -> Facts:
    """Read everything; the mirrors last, so that what was booked meanwhile is in them.

    Raises:
        CommandError: a call failed.
    """
    step, call = service.step, service.call
    account = account_service_pb2.GetAccountRequest(account_id=deal.seller_id)
    seller = (await step("GetAccount", call(service.accounts.GetAccount, account))).account
    one = payment_service_pb2.GetPaymentRequest(payment_id=deal.payment_id)
    payment = (await step("GetPayment", call(service.payments.GetPayment, one))).payment
    by_reference = payment_service_pb2.ListPaymentsRequest(reference=deal.reference, page_size=10)
    listed = (await step("ListPayments", call(service.payments.ListPayments, by_reference))).payments
    bought = payment_service_pb2.GetPurchaseRequest(reference=deal.reference)
    purchase = (await step("GetPurchase", call(service.payments.GetPurchase, bought))).purchase
    of_payment = refund_service_pb2.ListRefundsRequest(payment_id=deal.payment_id, page_size=10)
    refunds = (await step("ListRefunds", call(service.refunds.ListRefunds, of_payment))).refunds
    taken = fee_service_pb2.GetPaymentFeesRequest(payment_id=deal.payment_id)
    fees = (await step("GetPaymentFees", call(service.fees.GetPaymentFees, taken))).fees
    bookings = await sandbox.bookings(
        (payment.stripe_charge_id, payment.stripe_transfer_id),
        payment.stripe_application_fee_id,
        _refunded(refunds),
        deal.stripe_account_id,
    )
    books = await step(
        "GetTrialBalance", call(service.reports.GetTrialBalance, reporting_service_pb2.GetTrialBalanceRequest())
    )
    ours = reporting_service_pb2.GetStripeBalanceRequest()
    mirrors = await step("GetStripeBalance", call(service.reports.GetStripeBalance, ours))
    sellers = reporting_service_pb2.GetStripeBalanceRequest(connected_account_id=deal.seller_id)
    seller_mirrors = await step("GetStripeBalance of the seller", call(service.reports.GetStripeBalance, sellers))
    balances = await step("GetBalance", _balances(service, deal.seller_id))
    entries = await step("ListEntries", _entries(service, deal.seller_id, bookings))
    return Facts(
        seller=seller,
        schedule=deal.schedule,
        estimate=deal.estimate,
        payment=payment,
        has_client_secret=deal.has_client_secret,
        listed=[found.id for found in listed],
        purchase=purchase,
        refunds=list(refunds),
        fees=list(fees),
        events=deal.events,
        books=books,
        mirrors=list(mirrors.balances),
        seller_mirrors=list(seller_mirrors.balances),
        balances=balances,
        entries=entries,
        bookings=bookings,
        at_stripe=await sandbox.balance(),
        seller_at_stripe=await sandbox.balance(deal.stripe_account_id),
    )


def _refunded(refunds: Collection[refund_pb2.Refund]) -> list[str]:
    """Stripe's ids of what the refunds moved in the platform's balance."""
    return [id_ for refund in refunds for id_ in (refund.stripe_refund_id, refund.stripe_transfer_reversal_id)]


async def _balances(service: Service, seller_id: str) -> dict[str, ledger_pb2.Balance]:
    """The platform's mirror and the seller's accounts; an account that was never posted to is not there."""
    found: dict[str, ledger_pb2.Balance] = {}
    for code in (MIRROR, *seller_codes(seller_id).values()):
        reply = await service.find(service.ledger.GetBalance, ledger_service_pb2.GetBalanceRequest(code=code))
        if reply is not None:
            found[code] = reply.balance
    return found


async def _entries(service: Service, seller_id: str, bookings: Collection[Booking]) -> dict[str, list[int]]:
    """What the two mirrors have for each balance transaction: signed amounts, none where it is not booked."""
    found: dict[str, list[int]] = {booking.id: [] for booking in bookings}
    for code, of_seller in ((MIRROR, False), (seller_codes(seller_id)["mirror"], True)):
        wanted = {f"stripe:{booking.id}": booking.id for booking in bookings if booking.of_seller is of_seller}
        page_token = ""
        for _ in range(_PAGES_MAX):
            request = ledger_service_pb2.ListEntriesRequest(code=code, page_size=_PAGE, page_token=page_token)
            reply = await service.find(service.ledger.ListEntries, request)
            if reply is None:
                break
            for entry in reply.entries:
                if entry.reference in wanted:
                    sign = 1 if entry.side == ledger_pb2.SIDE_DEBIT else -1
                    found[wanted[entry.reference]].append(sign * entry.amount.amount_minor)
            page_token = reply.next_page_token
            if not page_token or all(found[id_] for id_ in wanted.values()):
                break
    return found
