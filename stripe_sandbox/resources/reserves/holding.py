"""Holding funds back and letting them go: https://docs.stripe.com/api/reserve/hold/object and `…/release/object`.

Both move the payments balance (`reserve_hold`, `reserve_release`); the other side, the risk-reserved balance, is booked
too if SANDBOX_RESERVES says so. Source: https://docs.stripe.com/changelog/clover/2026-01-28/monitor-reserve-activity-on-balance-transactions.
"""

from dataclasses import dataclass

from stripe_sandbox.balance.book import RISK_RESERVED, Movement
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Reason:
    """Why funds are held.

    Attributes:
        available_on: When the funds would have been available.
        release_after: Unix second from which they may go; None for not by themselves.
        plan: Id of the plan that wants it.
        charge: Id of the charge that they are a part of.
    """

    available_on: int
    release_after: int | None = None
    plan: str | None = None
    charge: str | None = None


def hold(scope: Scope, amount: int, currency: str, reason: Reason) -> JsonObject:
    """Takes funds out of the payments balance until they are released."""
    due = None if reason.release_after is None else (reason.release_after // _DAY_S + 1) * _DAY_S
    held: JsonObject = {
        "id": scope.world.ids.new("reshold"),
        "object": "reserve.hold",
        "amount": amount,
        "amount_releasable": amount,
        "created": scope.now,
        "created_by": "stripe",
        "currency": currency,
        "destination": "risk_reserved",
        "is_releasable": True,
        "livemode": False,
        "metadata": {},
        "reason": "standalone" if reason.charge is None else "charge",
        "release_details": [],
        "release_schedule": {"release_after": reason.release_after, "scheduled_release": due},
        "reserve_plan": reason.plan,
        "source_charge": reason.charge,
        "source_type": "card",
    }
    scope.account.reserve_holds.add(held)
    _book(scope, "reserve_hold", -amount, currency, held["id"], max(scope.now, reason.available_on))
    scope.emit("reserve.hold.created", held)
    if due is not None:
        later = scope.by_itself
        scope.world.scheduler.at(due, lambda: release(later, held, None, "hold_expired"))
    return held


def release(scope: Scope, held: JsonObject, amount: int | None, reason: str) -> JsonObject | None:
    """Gives back `amount` of what is held, or all that is left; None if nothing is."""
    left = held["amount_releasable"]
    if left == 0:
        return None
    given = left if amount is None else amount
    freed: JsonObject = {
        "id": scope.world.ids.new("resrel"),
        "object": "reserve.release",
        "amount": given,
        "created": scope.now,
        "created_by": "stripe",
        "currency": held["currency"],
        "destination": "payments",
        "livemode": False,
        "metadata": {},
        "reason": reason,
        "released_at": scope.now,
        "reserve_hold": held["id"],
        "reserve_plan": held["reserve_plan"],
        "source_transaction": None,
    }
    scope.account.reserve_releases.add(freed)
    _book(scope, "reserve_release", given, held["currency"], freed["id"], scope.now)
    previous = {name: held[name] for name in ("amount_releasable", "is_releasable", "release_details")}
    details = [*held["release_details"], {"amount": given, "reserve_release": freed["id"]}]
    held.update(amount_releasable=left - given, is_releasable=left > given, release_details=details)
    scope.emit("reserve.release.created", freed)
    scope.emit("reserve.hold.updated", held, {name: old for name, old in previous.items() if held[name] != old})
    return freed


def _book(scope: Scope, kind: str, amount: int, currency: str, source: str, available_on: int) -> None:
    category = "risk_reserved_funds"
    movement = Movement(kind, amount, currency, source, available_on, category=category)
    book(scope.world, scope.account, movement)
    if scope.world.settings.reserves == "both":
        other = Movement(kind, -amount, currency, source, scope.now, category=category, balance_type=RISK_RESERVED)
        book(scope.world, scope.account, other)
