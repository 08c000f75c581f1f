"""Which other objects an event's object points to, by kind of object. The table is the whole of it.

The service orders and fetches by these ids without opening the body. Each is found under the name of its kind, or under
another where Stripe says it otherwise (`charge` of a payment intent is its `latest_charge`).
"""

from collections.abc import Mapping
from types import MappingProxyType

from webhook_gateway.text import identifier

Paths = tuple[tuple[str, tuple[str, ...]], ...]


def _ids(*same: str, **elsewhere: str) -> Paths:
    """Lists ids found under their own name, then ids found under another name or deeper, as a dotted path."""
    return tuple((name, (name,)) for name in same) + tuple(
        (name, tuple(path.split("."))) for name, path in elsewhere.items()
    )


RELATED: Mapping[str, Paths] = MappingProxyType(
    {
        "payment_intent": _ids("customer", "payment_method", "invoice", "review", charge="latest_charge"),
        "charge": _ids(
            "payment_intent",
            "balance_transaction",
            "failure_balance_transaction",
            "customer",
            "payment_method",
            "transfer",
            "source_transfer",
            "application_fee",
            "invoice",
            "review",
        ),
        "refund": _ids(
            "charge",
            "payment_intent",
            "balance_transaction",
            "failure_balance_transaction",
            "transfer_reversal",
            "source_transfer_reversal",
            "customer",
        ),
        "dispute": _ids("charge", "payment_intent"),
        "review": _ids("charge", "payment_intent"),
        "radar.early_fraud_warning": _ids("charge", "payment_intent"),
        "checkout.session": _ids("payment_intent", "setup_intent", "subscription", "invoice", "customer"),
        "setup_intent": _ids("customer", "payment_method", "mandate"),
        "payment_method": _ids("customer"),
        "mandate": _ids("payment_method"),
        "customer": _ids(payment_method="invoice_settings.default_payment_method"),
        "subscription": _ids(
            "customer", "latest_invoice", "pending_setup_intent", payment_method="default_payment_method"
        ),
        "invoice": _ids("customer", subscription="parent.subscription_details.subscription"),
        "invoice_payment": _ids("invoice", payment_intent="payment.payment_intent", charge="payment.charge"),
        "credit_note": _ids("invoice", "customer", "refund", "customer_balance_transaction"),
        "product": _ids(price="default_price"),
        "price": _ids("product"),
        "plan": _ids("product"),
        "capability": _ids("account"),
        "person": _ids("account"),
        "bank_account": _ids("account", "customer"),
        "card": _ids("account", "customer"),
        "application_fee": _ids("account", "charge", "balance_transaction", "originating_transaction"),
        "fee_refund": _ids("balance_transaction", application_fee="fee"),
        "transfer": _ids("balance_transaction", "destination", "destination_payment", charge="source_transaction"),
        "transfer_reversal": _ids("transfer", "balance_transaction", "destination_payment_refund", "source_refund"),
        "payout": _ids(
            "balance_transaction",
            "failure_balance_transaction",
            "destination",
            "original_payout",
            "reversed_by",
            "application_fee",
        ),
        "topup": _ids("balance_transaction"),
        "reserve.hold": _ids("reserve_plan", "reserve_release", charge="source_charge"),
        "reserve.release": _ids("reserve_plan", "reserve_hold"),
        "financial_connections.account": _ids(customer="account_holder.customer", account="account_holder.account"),
    }
)
"""The ids that matter of each kind of object."""

COMMON = _ids(
    "payment_intent",
    "charge",
    "balance_transaction",
    "refund",
    "transfer",
    "payout",
    "customer",
    "invoice",
    "subscription",
    "setup_intent",
    "payment_method",
    "account",
)
"""The ids that are looked for in an object of a kind that is not in the table."""


def related_ids(object_type: str, content: Mapping[str, object]) -> dict[str, str]:
    """Returns the ids that an object points to, by kind, where it has them as a string or as an expanded object."""
    found: dict[str, str] = {}
    for name, path in RELATED.get(object_type, COMMON):
        value: object = content
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            continue
        if isinstance(value, dict):
            value = value.get("id")
        if related := identifier(value):
            found[name] = related
    return found
