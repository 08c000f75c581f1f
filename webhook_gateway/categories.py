"""Which area of the service every Stripe event belongs to. The table is the whole of it.

A type that is not here is recorded and acknowledged all the same, in no category. Source of the types: Stripe's list of
event types, those of it that the service gives an effect to.
"""

from collections.abc import Mapping
from types import MappingProxyType

from payments_api.internal.v1.stripe_event_pb2 import StripeEventCategory

_ACTIONS_BY_FAMILY: Mapping[StripeEventCategory, Mapping[str, str]] = {
    StripeEventCategory.STRIPE_EVENT_CATEGORY_PAYMENT: {
        "payment_intent": "created processing requires_action partially_funded amount_capturable_updated succeeded"
        " payment_failed canceled",
        "charge": "succeeded updated captured failed pending expired refunded refund.updated",
        "refund": "created updated failed",
        # What a transfer pays into a connected account is a charge there; its event is in no list of Stripe's.
        "payment": "created",
        "checkout.session": "completed async_payment_succeeded async_payment_failed expired",
    },
    StripeEventCategory.STRIPE_EVENT_CATEGORY_RISK: {
        "charge.dispute": "created updated closed funds_withdrawn funds_reinstated",
        "radar.early_fraud_warning": "created updated",
        "review": "opened closed",
    },
    StripeEventCategory.STRIPE_EVENT_CATEGORY_ACCOUNT: {
        "account": "updated external_account.created external_account.updated external_account.deleted"
        " application.authorized application.deauthorized",
        "capability": "updated",
        "person": "created updated deleted",
    },
    StripeEventCategory.STRIPE_EVENT_CATEGORY_CUSTOMER: {
        "customer": "created updated deleted",
        "setup_intent": "created requires_action succeeded setup_failed canceled",
        "payment_method": "attached updated automatically_updated detached",
        "mandate": "updated",
        "financial_connections.account": "created deactivated disconnected reactivated account_numbers_updated"
        " refreshed_balance refreshed_ownership refreshed_transactions expected_deactivation_date_updated"
        " supported_payment_method_types_updated upcoming_account_number_expiry upcoming_deactivation",
    },
    StripeEventCategory.STRIPE_EVENT_CATEGORY_BILLING: {
        "customer.subscription": "created updated deleted paused resumed pending_update_applied pending_update_expired"
        " trial_will_end",
        "invoice": "created finalized updated paid payment_succeeded payment_failed payment_action_required upcoming"
        " voided marked_uncollectible overdue",
        "invoice_payment": "paid",
        "credit_note": "created updated voided",
        "product": "created updated deleted",
        "price": "created updated deleted",
        "plan": "created updated deleted",
    },
    StripeEventCategory.STRIPE_EVENT_CATEGORY_BALANCE: {
        "balance": "available",
        "balance_settings": "updated",
        "application_fee": "created refunded",
        "transfer": "created updated reversed",
        "payout": "created updated paid failed canceled reconciliation_completed",
        "topup": "created succeeded failed canceled reversed",
        "reserve": "hold.created hold.updated plan.created plan.updated plan.disabled plan.expired release.created",
        "reporting.report_run": "succeeded failed",
    },
}

CATEGORIES: Mapping[str, StripeEventCategory] = MappingProxyType(
    {
        f"{family}.{action}": category
        for category, families in _ACTIONS_BY_FAMILY.items()
        for family, actions in families.items()
        for action in actions.split()
    }
)
"""The category of each event type that the service knows."""


UNKNOWN = StripeEventCategory.STRIPE_EVENT_CATEGORY_UNSPECIFIED
"""The category of every other type."""


def category_of(event_type: str) -> StripeEventCategory:
    """Returns the category of an event type, or `UNKNOWN` for one that is not in the table."""
    return CATEGORIES.get(event_type, UNKNOWN)
