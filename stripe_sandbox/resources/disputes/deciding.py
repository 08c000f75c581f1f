"""What becomes of a dispute: evidence, the bank's decision, second thoughts."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.disputes.booking import is_withdrawn, reinstate, withdraw
from stripe_sandbox.state.scope import Scope

OPEN = ("needs_response", "under_review")
INQUIRIES = ("warning_needs_response", "warning_under_review")
_UNANSWERED = ("needs_response", "warning_needs_response")
_REVIEWED = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
_MS_PER_S = 1_000


def submit_evidence(
    scope: Scope, dispute: JsonObject, evidence: JsonObject, metadata: dict[str, str], *, submit: bool
) -> None:
    """Takes evidence and metadata; if `submit`, the bank gets to see the evidence and soon decides by its text.

    `uncategorized_text` is `winning_evidence`, `losing_evidence` or, for an inquiry, `escalate_inquiry_evidence`
    (https://docs.stripe.com/testing#evidence).
    """
    details = {**dispute["evidence_details"]}
    previous = {name: dispute[name] for name in ("evidence", "evidence_details", "metadata", "status")}
    merged = {**dispute["evidence"], **evidence}
    details["has_evidence"] = any(merged[name] for name in merged if name != "enhanced_evidence")
    details["submission_count"] += int(submit)
    status = _REVIEWED.get(dispute["status"], dispute["status"]) if submit else dispute["status"]
    dispute.update(evidence=merged, evidence_details=details, metadata=metadata, status=status)
    changed = {name: old for name, old in previous.items() if dispute[name] != old}
    if changed:
        scope.emit("charge.dispute.updated", dispute, changed)
    if submit:
        moment = scope.world.clock.now() + scope.world.settings.dispute_delay_ms / _MS_PER_S
        scope.world.scheduler.at(moment, lambda: _read(scope.by_itself, dispute))


def win(scope: Scope, dispute: JsonObject, *, return_fee: bool | None = None) -> None:
    """The bank gives the money back. `return_fee`: with Stripe's fee or without; None for what the settings say."""
    _close(scope, dispute, "won")
    if is_withdrawn(dispute):
        returned = scope.world.settings.dispute_fee == "returned" if return_fee is None else return_fee
        reinstate(scope, dispute, return_fee=returned)


def lose(scope: Scope, dispute: JsonObject) -> None:
    """The bank keeps the money."""
    _close(scope, dispute, "lost")


def close_inquiry(scope: Scope, dispute: JsonObject, status: str = "warning_closed") -> None:
    """The bank asks no more, without a chargeback; or the chargeback was `prevented`."""
    _close(scope, dispute, status)


def end_inquiries(scope: Scope, charge: JsonObject) -> None:
    """The charge has been refunded in full: the bank has no more questions."""
    for dispute in scope.account.disputes.matching("charge", charge["id"]):
        if dispute["status"] in INQUIRIES:
            close_inquiry(scope, dispute)


def reopen(scope: Scope, dispute: JsonObject) -> None:
    """The bank looks again at what it had decided against the merchant."""
    previous = {"status": dispute["status"]}
    dispute["status"] = "under_review"
    scope.emit("charge.dispute.updated", dispute, previous)


def escalate(scope: Scope, dispute: JsonObject) -> None:
    """An inquiry becomes a chargeback."""
    previous = {"is_charge_refundable": dispute["is_charge_refundable"], "status": dispute["status"]}
    dispute.update(is_charge_refundable=False, status="needs_response")
    if dispute["payment_method_details"] is not None:
        card = {**dispute["payment_method_details"]["card"], "case_type": "chargeback"}
        dispute["payment_method_details"] = {**dispute["payment_method_details"], "card": card}
    scope.emit("charge.dispute.updated", dispute, previous)
    withdraw(scope, dispute)


def lapse(scope: Scope, dispute: JsonObject, *, last: bool = False) -> None:
    """Time is over: an unanswered chargeback is lost; an inquiry ends on its `last` day."""
    if last:
        if dispute["status"] in INQUIRIES:
            close_inquiry(scope, dispute)
    elif dispute["status"] in _UNANSWERED:
        dispute["evidence_details"] = {**dispute["evidence_details"], "past_due": True}
        if dispute["status"] == "needs_response":
            lose(scope, dispute)


def _read(scope: Scope, dispute: JsonObject) -> None:
    """The bank reads the evidence."""
    text, status = dispute["evidence"]["uncategorized_text"], dispute["status"]
    if status == "under_review" and text == "winning_evidence":
        win(scope, dispute)
    elif status == "under_review" and text == "losing_evidence":
        lose(scope, dispute)
    elif status == "warning_under_review" and text in ("winning_evidence", "losing_evidence"):
        close_inquiry(scope, dispute)
    elif status == "warning_under_review" and text == "escalate_inquiry_evidence":
        escalate(scope, dispute)


def _close(scope: Scope, dispute: JsonObject, status: str) -> None:
    dispute["status"] = status
    scope.emit("charge.dispute.closed", dispute)
