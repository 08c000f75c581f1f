"""The charge as an object: https://docs.stripe.com/api/charges/object."""

from stripe_sandbox.cards import Decline
from stripe_sandbox.json_types import JsonObject


def blank_charge(identifier: str, amount: int, currency: str, created: int) -> JsonObject:
    """A charge of which only the amount is known."""
    return {
        "id": identifier,
        "object": "charge",
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": None,
        "calculated_statement_descriptor": None,
        "captured": False,
        "created": created,
        "currency": currency,
        "customer": None,
        "description": None,
        "destination": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": outcome(None),
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": None,
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def outcome(decline: Decline | None, *, reviewed: bool = False) -> JsonObject:
    """What the network and the fraud rules made of a charge; `reviewed`: they want a person to look at it."""
    shown: JsonObject = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is None:
        if reviewed:
            shown.update(
                reason="elevated_risk_level",
                risk_level="elevated",
                risk_score=68,
                seller_message="Stripe evaluated this payment as having elevated risk: it waits for a review.",
                type="manual_review",
            )
        return shown
    if decline.blocked:
        shown.update(
            network_status="not_sent_to_network",
            reason="highest_risk_level",
            risk_level="highest",
            risk_score=90,
            seller_message="Stripe blocked this payment as too risky.",
            type="blocked",
        )
        return shown
    shown.update(
        network_status="declined_by_network",
        reason=decline.decline_code or decline.code,
        seller_message="The bank did not return any further details with this decline.",
        type="issuer_declined",
    )
    return shown
