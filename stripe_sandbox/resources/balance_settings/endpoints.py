"""The endpoints of `/v1/balance_settings`."""

from stripe_sandbox.balance.currencies import SUPPORTED
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid, missing_parameter
from stripe_sandbox.http.params import Boolean, Choice, Integer, ListOf, MapOf, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.balance_settings.following import show_on_account
from stripe_sandbox.resources.balance_settings.shape import settings_of
from stripe_sandbox.resources.payouts.schedule import plan_payouts

_DAY_S = 86_400
_DELAY_DAYS_MAX = 31
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_DAYS_OF = {"weekly": "weekly_payout_days", "monthly": "monthly_payout_days"}
_PATH = "payments[payouts]"


def _retrieve(call: Call) -> JsonObject:
    return settings_of(call)


def _update(call: Call) -> JsonObject:
    settings = settings_of(call)
    before, change = settings["payments"], call.params.get("payments", {})
    after = {**before, **{name: change[name] for name in ("debit_negative_balances",) if name in change}}
    if "payouts" in change:
        after["payouts"] = _payouts(before["payouts"], change["payouts"])
    if "delay_days_override" in change.get("settlement_timing", {}):
        after["settlement_timing"] = _timing(call, change["settlement_timing"]["delay_days_override"])
    if after == before:
        return settings
    settings["payments"] = after
    previous = {name: value for name, value in before.items() if after[name] != value}
    call.emit("balance_settings.updated", settings, {"payments": previous})
    show_on_account(call)
    plan_payouts(call)
    return settings


def _payouts(before: JsonObject, change: JsonObject) -> JsonObject:
    after = {**before, **{name: change[name] for name in ("statement_descriptor",) if name in change}}
    if "schedule" in change:
        after["schedule"] = _schedule(before["schedule"], change["schedule"])
    if "minimum_balance_by_currency" in change:
        after["minimum_balance_by_currency"] = _minimums(
            before["minimum_balance_by_currency"], change["minimum_balance_by_currency"]
        )
    return after


def _schedule(before: JsonObject, change: JsonObject) -> JsonObject:
    """The schedule after a change: of the days only those that belong to the interval stay."""
    interval = change.get("interval", before["interval"])
    wanted = _DAYS_OF.get(str(interval))
    for name in _DAYS_OF.values():
        if name in change and name != wanted:
            raise invalid(f"`{name}` is only allowed with the interval that it belongs to.", param=f"{_PATH}[schedule]")
    if wanted is None:
        return {"interval": interval}
    days = change.get(wanted, before.get(wanted))
    if not days:
        raise missing_parameter(f"{_PATH}[schedule][{wanted}]")
    return {"interval": interval, wanted: days}


def _minimums(before: JsonObject | None, change: JsonObject | None) -> JsonObject | None:
    """The minimum balances after a change: an empty one is taken away."""
    if change is None:
        return None
    for currency in change:
        if currency not in SUPPORTED:
            raise invalid(f"Invalid currency: {currency[:40]}", param=f"{_PATH}[minimum_balance_by_currency]")
    return {name: value for name, value in {**(before or {}), **change}.items() if value is not None} or None


def _timing(call: Call, days: int | None) -> JsonObject:
    """The delay that an account has instead of the usual one; None gives it the usual one again."""
    call.account.settlement_delay_days = days
    if days is None:
        return {"delay_days": call.world.settings.settlement_delay_s // _DAY_S}
    return {"delay_days": days, "delay_days_override": days}


_PAYOUTS = Params(
    {
        "minimum_balance_by_currency": MapOf(Integer(minimum=0, unset=True)),
        "schedule": Params(
            {
                "interval": Choice(("daily", "manual", "monthly", "weekly")),
                "monthly_payout_days": ListOf(Integer(1, 31)),
                "weekly_payout_days": ListOf(Choice(_WEEKDAYS)),
            }
        ),
        "statement_descriptor": Text(22),
    }
)
_TIMING = Params({"delay_days_override": Integer(0, _DELAY_DAYS_MAX, unset=True)})
_UPDATE = Params(
    {
        "payments": Params(
            {"debit_negative_balances": Boolean(), "payouts": _PAYOUTS, "settlement_timing": _TIMING},
        )
    }
)

ENDPOINTS = (
    Endpoint("GET", "/v1/balance_settings", _retrieve),
    Endpoint("POST", "/v1/balance_settings", _update, _UPDATE),
)
