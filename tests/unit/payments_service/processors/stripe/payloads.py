"""Objects as Stripe sends them, with the fields of API version 2026-10-28.endive, of one sale that a seller makes.

One purchase of 100.00 usd, of which the platform keeps 10.00, and its refund of 40.00.
"""

from typing import Any

Json = dict[str, Any]

T0 = 1_795_000_000
NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
OURS = {"payments_payment_id": "pay_1", "payments_operation_id": "op_1", "shop": "7"}


def listing(url: str, *data: Json) -> Json:
    return {"object": "list", "data": list(data), "has_more": False, "url": url}


CHARGE: Json = {
    "id": "ch_1Sale",
    "object": "charge",
    "amount": 10_000,
    "amount_captured": 10_000,
    "amount_refunded": 0,
    "application": None,
    "application_fee": "fee_1Cut",
    "application_fee_amount": 1_000,
    "balance_transaction": "txn_1Sale",
    "billing_details": {"address": NO_ADDRESS, "email": None, "name": "Ada L.", "phone": None, "tax_id": None},
    "calculated_statement_descriptor": "SHOP.EXAMPLE",
    "captured": True,
    "created": T0 + 1,
    "currency": "usd",
    "customer": None,
    "description": "A lamp",
    "disputed": False,
    "failure_balance_transaction": None,
    "failure_code": None,
    "failure_message": None,
    "fraud_details": {},
    "livemode": False,
    "metadata": OURS,
    "on_behalf_of": None,
    "outcome": {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "Payment complete.",
        "type": "authorized",
    },
    "paid": True,
    "payment_intent": "pi_1Sale",
    "payment_method": "pm_1Card",
    "payment_method_details": {
        "card": {"amount_authorized": 10_000, "brand": "visa", "country": "US", "last4": "1111", "wallet": None},
        "type": "card",
    },
    "radar_options": {},
    "receipt_email": None,
    "receipt_number": None,
    "receipt_url": "https://pay.example/receipts/1",
    "refunded": False,
    "review": None,
    "shipping": None,
    "source": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "succeeded",
    "transfer": "tr_1Share",
    "transfer_data": {"amount": None, "destination": "acct_1Seller"},
    "transfer_group": "group_pi_1Sale",
}
"""The customer's payment, on the platform."""

INTENT: Json = {
    "id": "pi_1Sale",
    "object": "payment_intent",
    "amount": 10_000,
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 10_000,
    "application": None,
    "application_fee_amount": 1_000,
    "automatic_payment_methods": {"allow_redirects": "never", "enabled": True},
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic_async",
    "client_secret": "pi_1Sale_secret_x",
    "confirmation_method": "automatic",
    "created": T0,
    "currency": "usd",
    "customer": None,
    "description": "A lamp",
    "last_payment_error": None,
    "latest_charge": CHARGE,
    "livemode": False,
    "metadata": OURS,
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": "pm_1Card",
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "processing": None,
    "receipt_email": None,
    "review": None,
    "setup_future_usage": None,
    "shipping": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "succeeded",
    "transfer_data": {"destination": "acct_1Seller"},
    "transfer_group": "group_pi_1Sale",
}

TRANSFER: Json = {
    "id": "tr_1Share",
    "object": "transfer",
    "amount": 10_000,
    "amount_reversed": 0,
    "balance_transaction": "txn_1Share",
    "created": T0 + 1,
    "currency": "usd",
    "description": None,
    "destination": "acct_1Seller",
    "destination_payment": "py_1Share",
    "livemode": False,
    "metadata": {},
    "reversals": listing("/v1/transfers/tr_1Share/reversals"),
    "reversed": False,
    "source_transaction": "ch_1Sale",
    "source_type": "card",
    "transfer_group": "group_pi_1Sale",
}

PAYMENT: Json = {
    **CHARGE,
    "id": "py_1Share",
    "application": "ca_1Platform",
    "balance_transaction": "txn_1Arrival",
    "description": None,
    "metadata": {},
    "payment_intent": None,
    "payment_method": None,
    "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
    "source": {"id": "acct_1Platform", "object": "account"},
    "source_transfer": "tr_1Share",
    "transfer_data": None,
    "transfer_group": None,
}
"""What the transfer is on the connected account."""
del PAYMENT["transfer"]

APPLICATION_FEE: Json = {
    "id": "fee_1Cut",
    "object": "application_fee",
    "account": "acct_1Seller",
    "amount": 1_000,
    "amount_refunded": 0,
    "application": "ca_1Platform",
    "balance_transaction": "txn_1Cut",
    "charge": "py_1Share",
    "created": T0 + 1,
    "currency": "usd",
    "fee_source": {"charge": "py_1Share", "type": "charge"},
    "livemode": False,
    "originating_transaction": "ch_1Sale",
    "refunded": False,
    "refunds": listing("/v1/application_fees/fee_1Cut/refunds"),
}

FEE_REFUND: Json = {
    "id": "fr_1Cut",
    "object": "fee_refund",
    "amount": 400,
    "balance_transaction": "txn_1CutBack",
    "created": T0 + 60,
    "currency": "usd",
    "fee": "fee_1Cut",
    "metadata": {},
}

TRANSFER_REVERSAL: Json = {
    "id": "trr_1Share",
    "object": "transfer_reversal",
    "amount": 4_000,
    "balance_transaction": "txn_1ShareBack",
    "created": T0 + 60,
    "currency": "usd",
    "destination_payment_refund": "pyr_1Share",
    "metadata": {},
    "source_refund": "re_1Sale",
    "transfer": "tr_1Share",
}

REFUND: Json = {
    "id": "re_1Sale",
    "object": "refund",
    "amount": 4_000,
    "balance_transaction": "txn_1Back",
    "charge": "ch_1Sale",
    "created": T0 + 60,
    "currency": "usd",
    "customer": None,
    "customer_account": None,
    "destination_details": {
        "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
        "type": "card",
    },
    "metadata": {"payments_refund_id": "rfd_1", "payments_payment_id": "pay_1", "payments_operation_id": "op_2"},
    "payment_intent": "pi_1Sale",
    "payment_method": "pm_1Card",
    "reason": "requested_by_customer",
    "receipt_number": None,
    "source_transfer_reversal": None,
    "status": "succeeded",
    "transfer_reversal": "trr_1Share",
}

PAYMENT_REFUND: Json = {
    **REFUND,
    "id": "pyr_1Share",
    "balance_transaction": "txn_1Departure",
    "charge": "py_1Share",
    "destination_details": None,
    "metadata": {},
    "payment_intent": None,
    "payment_method": None,
    "reason": None,
    "source_transfer_reversal": "trr_1Share",
    "transfer_reversal": None,
}
"""What the transfer's reversal is on the connected account."""

DISPUTE: Json = {
    "id": "du_1Sale",
    "object": "dispute",
    "amount": 10_000,
    "balance_transactions": [],
    "charge": "ch_1Sale",
    "created": T0 + 90,
    "currency": "usd",
    "enhanced_eligibility_types": [],
    "evidence": {},
    "evidence_details": {"due_by": T0 + 900_000, "has_evidence": False, "past_due": False, "submission_count": 0},
    "is_charge_refundable": False,
    "livemode": False,
    "metadata": {},
    "payment_intent": "pi_1Sale",
    "reason": "fraudulent",
    "status": "needs_response",
}

PAYOUT: Json = {
    "id": "po_1Week",
    "object": "payout",
    "amount": 9_000,
    "arrival_date": T0 + 172_800,
    "automatic": True,
    "balance_transaction": "txn_1Week",
    "created": T0 + 90,
    "currency": "usd",
    "description": "STRIPE PAYOUT",
    "destination": "ba_1Bank",
    "failure_code": None,
    "livemode": False,
    "metadata": {},
    "method": "standard",
    "status": "pending",
    "type": "bank_account",
}

TRANSACTION: Json = {
    "id": "txn_1Sale",
    "object": "balance_transaction",
    "amount": 10_000,
    "available_on": T0 + 172_800,
    "balance_type": "payments",
    "created": T0 + 1,
    "currency": "usd",
    "description": "A lamp",
    "exchange_rate": None,
    "fee": 320,
    "fee_details": [
        {
            "amount": 320,
            "application": None,
            "currency": "usd",
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ],
    "net": 9_680,
    "reporting_category": "charge",
    "source": CHARGE,
    "status": "pending",
    "type": "charge",
}

REQUIREMENTS: Json = {
    "alternatives": [],
    "current_deadline": T0 + 500_000,
    "currently_due": ["external_account", "individual.verification.document"],
    "disabled_reason": "requirements.past_due",
    "errors": [],
    "eventually_due": ["external_account", "individual.id_number", "individual.verification.document"],
    "past_due": ["external_account"],
    "pending_verification": ["individual.address.line1"],
}

ACCOUNT: Json = {
    "id": "acct_1Seller",
    "object": "account",
    "business_profile": {
        "annual_revenue": None,
        "estimated_worker_count": None,
        "mcc": "5719",
        "name": None,
        "product_description": "Lamps",
        "support_address": NO_ADDRESS,
        "support_email": None,
        "support_phone": None,
        "support_url": None,
        "url": None,
    },
    "business_type": "non_profit",
    "capabilities": {"card_payments": "pending", "transfers": "active"},
    "charges_enabled": False,
    "controller": {
        "fees": {"payer": "application"},
        "is_controller": True,
        "losses": {"payments": "application"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "express"},
        "type": "application",
    },
    "country": "US",
    "created": T0 - 900_000,
    "default_currency": "usd",
    "details_submitted": True,
    "email": "grace@example.com",
    "external_accounts": listing("/v1/accounts/acct_1Seller/external_accounts"),
    "future_requirements": {**REQUIREMENTS, "current_deadline": None, "currently_due": [], "past_due": []},
    "metadata": {"payments_account_id": "acn_1", "payments_operation_id": "op_0"},
    "payouts_enabled": True,
    "requirements": REQUIREMENTS,
    "settings": {
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payouts": {"debit_negative_balances": True},
    },
    "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
    "type": "none",
}
