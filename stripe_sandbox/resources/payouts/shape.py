"""The payout as an object: https://docs.stripe.com/api/payouts/object."""

from stripe_sandbox.json_types import JsonObject


def new_payout(identifier: str, amount: int, destination: JsonObject, created: int) -> JsonObject:
    """A standard payout that somebody asked for; negative amounts are debits of the bank account."""
    return {
        "id": identifier,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": created,
        "automatic": False,
        "balance_transaction": None,
        "created": created,
        "currency": destination["currency"],
        "description": None,
        "destination": destination["id"],
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
