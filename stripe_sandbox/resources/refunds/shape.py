"""The refund as an object: https://docs.stripe.com/api/refunds/object."""

from stripe_sandbox.json_types import JsonObject


def _destination(charge: JsonObject) -> JsonObject | None:
    """How the money goes back to a card; of other ways nothing is known at first."""
    if (charge["payment_method_details"] or {}).get("type") != "card":
        return None
    return {
        "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
        "type": "card",
    }


def new_refund(identifier: str, charge: JsonObject, amount: int, created: int) -> JsonObject:
    """A refund of a charge that has succeeded and is not booked yet."""
    return {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": _destination(charge),
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
