"""Plans that hold back a part of each charge: https://docs.stripe.com/api/reserve/plan/object."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.reserves.holding import Reason, hold, release
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400
_PERCENT = 100


def make_plan(scope: Scope, percent: int, days: int, expires_on: int | None) -> JsonObject:
    """From now on `percent` of each charge of the account is held for `days`, until the plan ends."""
    plan: JsonObject = {
        "id": scope.world.ids.new("resplan"),
        "object": "reserve.plan",
        "created": scope.now,
        "created_by": "stripe",
        "currency": None,
        "destination": "risk_reserved",
        "disabled_at": None,
        "livemode": False,
        "metadata": {},
        "percent": percent,
        "rolling_release": {"days_after_charge": days, "expires_on": expires_on},
        "status": "active",
        "type": "rolling_release",
    }
    scope.account.reserve_plans.add(plan)
    scope.emit("reserve.plan.created", plan)
    if expires_on is not None:
        later = scope.by_itself
        scope.world.scheduler.at(expires_on, lambda: _expire(later, plan))
    return plan


def disable_plan(scope: Scope, plan: JsonObject) -> None:
    """Ends a plan and releases all that it holds."""
    plan.update(disabled_at=scope.now, status="disabled")
    scope.emit("reserve.plan.disabled", plan)
    for held in scope.account.reserve_holds.matching("reserve_plan", plan["id"]):
        release(scope, held, None, "plan_disabled")


def reserve_part(scope: Scope, charge: JsonObject, amount: int, currency: str, available_on: int) -> None:
    """Holds back what the account's plans want of a charge that has brought in `amount`."""
    for plan in scope.account.reserve_plans:
        part = (2 * amount * plan["percent"] + _PERCENT) // (2 * _PERCENT)
        if plan["status"] == "active" and part:
            until = scope.now + plan["rolling_release"]["days_after_charge"] * _DAY_S
            hold(scope, part, currency, Reason(available_on, until, plan["id"], charge["id"]))


def _expire(scope: Scope, plan: JsonObject) -> None:
    """The plan ends; what it holds goes when its time has come."""
    if plan["status"] == "active":
        plan["status"] = "expired"
        scope.emit("reserve.plan.expired", plan)
