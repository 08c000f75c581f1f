"""Events about balances: payouts, transfers, fees, top-ups, reserves."""

from payments_service.application.events.catalogue.model import Effect, Follow
from payments_service.domain.outbox import EventType
from payments_service.domain.stripe_object.model import ObjectKind

_E = EventType
_OF_PAYOUTS = (_E.PAYOUT_PENDING, _E.PAYOUT_IN_TRANSIT, _E.PAYOUT_PAID, _E.PAYOUT_FAILED, _E.PAYOUT_CANCELED)


def _settles(sent: str, kind: ObjectKind) -> Effect:
    return Effect(sent=sent, follows=(Follow(kind),), settles=True)


def _payout(sent: str, note: str = "") -> Effect:
    return Effect(sent=sent, follows=(Follow(ObjectKind.PAYOUT),), settles=True, outbox=_OF_PAYOUTS, note=note)


def _reserve(sent: str) -> Effect:
    return Effect(sent=sent, settles=True, note="Stripe has no call that fetches it: what it holds is in the balance.")


def _report(sent: str) -> Effect:
    return Effect(sent=sent, follows=(Follow(ObjectKind.REPORT_RUN),))


BALANCES: dict[str, Effect] = {
    "balance.available": _settles("Money that was pending is available.", ObjectKind.BALANCE),
    "balance_settings.updated": Effect(
        sent="An account's payout schedule or other settings of its balance changed.",
        follows=(Follow(ObjectKind.BALANCE_SETTINGS),),
    ),
    "application_fee.created": _settles("The platform took its fee from a charge.", ObjectKind.APPLICATION_FEE),
    "application_fee.refunded": _settles("The platform gave a fee back.", ObjectKind.APPLICATION_FEE),
    "transfer.created": _settles("Money was passed on to a connected account.", ObjectKind.TRANSFER),
    "transfer.updated": _settles("A transfer's description or metadata changed.", ObjectKind.TRANSFER),
    "transfer.reversed": _settles("A transfer was taken back, all of it or a part.", ObjectKind.TRANSFER),
    "payout.created": _payout("A payout was made, by Stripe's schedule or by hand."),
    "payout.updated": _payout("A payout changed, for example because it was sent to the bank."),
    "payout.paid": _payout(
        "A payout should have arrived at the bank.", "It may still fail: then what arrived is moved back, once."
    ),
    "payout.failed": _payout("A payout did not arrive, perhaps days after it was said to be paid."),
    "payout.canceled": _payout("A payout was canceled before it was sent."),
    "payout.reconciliation_completed": _payout("Stripe has listed what is in an automatic payout."),
    "topup.created": _settles("A top-up of the balance was begun.", ObjectKind.TOPUP),
    "topup.succeeded": _settles("A top-up has come.", ObjectKind.TOPUP),
    "topup.failed": _settles("A top-up failed.", ObjectKind.TOPUP),
    "topup.canceled": _settles("A top-up was canceled.", ObjectKind.TOPUP),
    "topup.reversed": _settles("A top-up was taken back.", ObjectKind.TOPUP),
    "reserve.hold.created": _reserve("Stripe put money of an account into reserve."),
    "reserve.hold.updated": _reserve("A hold in reserve changed."),
    "reserve.plan.created": _reserve("Stripe decided by which plan it reserves money of an account."),
    "reserve.plan.updated": _reserve("Such a plan changed."),
    "reserve.plan.disabled": _reserve("Such a plan was ended."),
    "reserve.plan.expired": _reserve("Such a plan ran out."),
    "reserve.release.created": _reserve("Stripe released money from reserve."),
    "reporting.report_run.succeeded": _report("A report is ready."),
    "reporting.report_run.failed": _report("A report could not be made."),
}
