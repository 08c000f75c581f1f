"""What may be shown of an event's body: an allow-list, so that what Stripe adds later stays hidden until looked at."""

import json

_FIELDS = """
id object type created livemode api_version account request pending_webhooks data previous_attributes status
amount amount_captured amount_received amount_capturable amount_refunded amount_due amount_paid amount_remaining
amount_reversed application_fee application_fee_amount arrival_date available available_on balance_transaction
cancel_at cancel_at_period_end canceled_at capture_method captured charge charges_enabled confirmation_method currency
current_deadline current_period_end current_period_start currently_due customer destination destination_payment
details_submitted disabled_reason disputed due_by eventually_due evidence_details exchange_rate
failure_balance_transaction failure_code fee fee_details has_evidence has_more invoice items latest_charge
latest_invoice net network_status outcome paid past_due payment_intent payment_method payouts_enabled pending reason
refunded reporting_category requirements reversed risk_level setup_intent source source_transaction source_transfer
submission_count subscription total transfer transfer_data transfer_group transfer_reversal
"""

SHOWN = frozenset(_FIELDS.split())
"""Fields with ids, states, amounts and times. A value below a field that is not here is not shown either."""

METADATA_PREFIX = "payments_"
"""Of metadata, which callers fill as they like, only our own keys are shown."""

BODY_MAX = 262_144


def shown_body(body: bytes) -> str:
    """What may be shown of a body, as JSON; empty when there is none, or it is no JSON object."""
    try:
        document = json.loads(body[:BODY_MAX]) if body else None
    except (ValueError, RecursionError):
        return ""
    return json.dumps(_shown(document), indent=2, sort_keys=True) if isinstance(document, dict) else ""


def _shown(value: object) -> object:
    if isinstance(value, dict):
        kept = {key: _shown(inner) for key, inner in value.items() if key in SHOWN}
        metadata = value.get("metadata")
        if isinstance(metadata, dict):
            ours = {key: text for key, text in metadata.items() if key.startswith(METADATA_PREFIX)}
            if ours:
                kept["metadata"] = ours
        return kept
    if isinstance(value, list):
        return [_shown(inner) for inner in value]
    return value
