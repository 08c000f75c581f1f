"""The payout schedule shows in two places, the account and its balance settings, which say the same."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.balance_settings.shape import settings_of
from stripe_sandbox.resources.payouts.schedule import plan_payouts
from stripe_sandbox.state.scope import Scope

_ANCHORS = {"weekly": ("weekly_payout_days", "weekly_anchor"), "monthly": ("monthly_payout_days", "monthly_anchor")}
_ANCHOR_DEFAULTS = {"weekly_anchor": "monday", "monthly_anchor": 1}


def show_on_account(scope: Scope) -> None:
    """Writes the schedule of the balance settings into the account."""
    profile, payments = scope.account.profile, settings_of(scope)["payments"]
    if not profile:
        return
    schedule = payments["payouts"]["schedule"]
    shown: JsonObject = {
        "delay_days": payments["settlement_timing"]["delay_days"],
        "interval": schedule["interval"],
    }
    if schedule["interval"] in _ANCHORS:
        days, anchor = _ANCHORS[schedule["interval"]]
        shown[anchor] = schedule[days][0]
    payouts = {**profile["settings"]["payouts"], "schedule": shown}
    profile["settings"] = {**profile["settings"], "payouts": payouts}


def follow_account(scope: Scope, params: JsonObject) -> None:
    """Takes over the schedule that a caller wrote into the account with `params`, and plans the payouts of it."""
    given = params.get("settings", {}).get("payouts", {}).get("schedule", {})
    payments = settings_of(scope)["payments"]
    interval = given.get("interval")
    if interval is not None:
        schedule: JsonObject = {"interval": interval}
        if interval in _ANCHORS:
            days, anchor = _ANCHORS[interval]
            schedule[days] = [given.get(anchor, _ANCHOR_DEFAULTS[anchor])]
        payments["payouts"] = {**payments["payouts"], "schedule": schedule}
    if "delay_days" in given:
        scope.account.settlement_delay_days = given["delay_days"]
        payments["settlement_timing"] = {
            "delay_days": given["delay_days"],
            "delay_days_override": given["delay_days"],
        }
    show_on_account(scope)
    plan_payouts(scope)
