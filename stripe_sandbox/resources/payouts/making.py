"""Making a payout: the money leaves the balance at once and arrives later."""

from dataclasses import dataclass, field

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.fees import instant_payout_fee, stripe_fee_detail
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.payouts.life import arrange
from stripe_sandbox.resources.payouts.shape import new_payout
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400
_INSTANT_S = 1_800
_DESCRIPTION = "STRIPE PAYOUT"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid out.

    Attributes:
        amount: In minor units; negative for a reversal, which takes money from the bank account.
        destination: A bank account in the currency of the payout.
        instant: Within half an hour and for a fee.
        automatic: By the schedule, not by a request.
        original: Id of the payout that this one reverses.
    """

    amount: int
    destination: JsonObject
    instant: bool = False
    automatic: bool = False
    original: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    statement_descriptor: str | None = None


def fee_of(order: Order) -> int:
    """What Stripe takes for the payout, besides its amount."""
    return instant_payout_fee(order.amount) if order.instant else 0


def make_payout(scope: Scope, order: Order) -> JsonObject:
    """Books and announces a payout, and sees to what becomes of it."""
    payout = new_payout(scope.world.ids.new("po"), order.amount, order.destination, scope.now)
    payout.update(
        arrival_date=_arrival(scope, instant=order.instant),
        automatic=order.automatic,
        description=_DESCRIPTION if order.automatic else order.description,
        metadata=order.metadata,
        method="instant" if order.instant else "standard",
        original_payout=order.original,
        reconciliation_status="in_progress" if order.automatic else "not_applicable",
        statement_descriptor=order.statement_descriptor,
    )
    fee, currency = fee_of(order), payout["currency"]
    movement = Movement(
        kind="payout",
        amount=-order.amount,
        currency=currency,
        source=payout["id"],
        available_on=scope.now if order.amount > 0 else payout["arrival_date"],
        fees=(stripe_fee_detail(fee, currency, "Instant payout fee"),) if fee else (),
        description=payout["description"] or _DESCRIPTION,
    )
    payout["balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    scope.account.payouts.add(payout)
    scope.emit("payout.created", payout)
    arrange(scope.by_itself, payout)
    return payout


def _arrival(scope: Scope, *, instant: bool) -> int:
    """When the bank will have the money."""
    delay_s = scope.world.settings.payout_delay_s
    if instant:
        return scope.now + min(_INSTANT_S, delay_s)
    if delay_s < _DAY_S:
        return scope.now + delay_s
    return -(-(scope.now + delay_s) // _DAY_S) * _DAY_S
