"""Automatic payouts: all that is available, on the days of the schedule, right after funds become available.

A minimum balance stays behind: it leaves with the payout's other transactions and comes back for the next one, so that
what a payout took out adds up to its amount (https://docs.stripe.com/payouts/minimum-balances-for-automatic-payouts).
"""

import calendar
from datetime import UTC, date, datetime

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.balance_settings.shape import settings_of
from stripe_sandbox.resources.payouts.destinations import ERRORED, bank_account_for
from stripe_sandbox.resources.payouts.making import Order, make_payout
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400
_AFTER_MIDNIGHT_S = 1
_MS_PER_S = 1_000


def plan_payouts(scope: Scope) -> None:
    """Plans the next look at the schedule, unless it is planned or payouts are by hand."""
    if scope.account.payout_planned or _schedule(scope)["interval"] == "manual":
        return
    scope.account.payout_planned = True
    moment = (scope.now // _DAY_S + 1) * _DAY_S + _AFTER_MIDNIGHT_S
    scope.world.scheduler.at(moment, lambda: _look(scope.by_itself))


def is_payday(schedule: JsonObject, day: date) -> bool:
    """Whether the schedule has a payout on this day; days that a month lacks are its last."""
    if schedule["interval"] == "weekly":
        return calendar.day_name[day.weekday()].lower() in schedule["weekly_payout_days"]
    if schedule["interval"] == "monthly":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day in {min(wanted, last) for wanted in schedule["monthly_payout_days"]}
    return bool(schedule["interval"] == "daily")


def pay_out(scope: Scope) -> None:
    """Pays out what is available in each currency, as far as there is a bank account for it."""
    if not scope.account.is_platform and not scope.account.profile.get("payouts_enabled"):
        return
    minimums = settings_of(scope)["payments"]["payouts"]["minimum_balance_by_currency"] or {}
    for currency, funds in sorted(scope.account.balance.funds.items()):
        minimum = int(minimums.get(currency, 0))
        destination = bank_account_for(scope, currency) if funds.available > minimum else None
        if destination is not None and destination["status"] != ERRORED:
            _pay_out(scope, destination, funds.available - minimum, minimum)


def _look(scope: Scope) -> None:
    scope.account.payout_planned = False
    schedule = _schedule(scope)
    if schedule["interval"] == "manual" or scope.account.is_deleted:
        return
    if is_payday(schedule, datetime.fromtimestamp(scope.now, UTC).date()):
        pay_out(scope)
    plan_payouts(scope)


def _pay_out(scope: Scope, destination: JsonObject, amount: int, minimum: int) -> None:
    currency, balance = destination["currency"], scope.account.balance
    if minimum:
        _book_minimum(scope, "payout_minimum_balance_hold", -minimum, currency)
    items = balance.unpaid(currency)
    payout = make_payout(scope, Order(amount, destination, automatic=True))
    own = balance.transactions.get(payout["balance_transaction"])
    balance.take_out(payout["id"], items if own is None else [*items, own])
    if minimum:
        _book_minimum(scope, "payout_minimum_balance_release", minimum, currency)
    moment = scope.world.clock.now() + scope.world.settings.capture_delay_ms / _MS_PER_S
    scope.world.scheduler.at(moment, lambda: _reconcile(scope, payout))


def _book_minimum(scope: Scope, kind: str, amount: int, currency: str) -> None:
    book(scope.world, scope.account, Movement(kind, amount, currency, None, scope.now))


def _reconcile(scope: Scope, payout: JsonObject) -> None:
    """The list of what the payout took out is complete."""
    payout["reconciliation_status"] = "completed"
    scope.emit("payout.reconciliation_completed", payout)


def _schedule(scope: Scope) -> JsonObject:
    schedule: JsonObject = settings_of(scope)["payments"]["payouts"]["schedule"]
    return schedule
