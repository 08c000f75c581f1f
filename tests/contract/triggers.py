"""What `stripe trigger` is asked for, and what must come of it.

The events are those of the service's table of effects. `OTHERS` are what the CLI offers beyond it; together they are
all that it offers, so that a newer CLI with more to offer is noticed.
"""

from dataclasses import dataclass

BACK = "https://shop.example/back"
DESTINATION = "{account}"
"""In an option: a connected account that can receive transfers."""


@dataclass(frozen=True)
class Trigger:
    """One thing to trigger.

    Attributes:
        name: What the CLI calls it.
        options: What the CLI's own requests lack at this API version, with the reason beside it.
        events: The types of events that must be made; its name if there are none.
    """

    name: str
    options: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def expected(self) -> tuple[str, ...]:
        return self.events or (self.name,)


# Intents accept methods that redirect unless told otherwise, so confirming them needs a way back.
_INTENT_BACK = ("--add", f"payment_intent:return_url={BACK}")
_SETUP_BACK = ("--add", f"setup_intent:return_url={BACK}")
# The CLI transfers all that it charges to an account that it has just opened: that account may not receive yet, and
# of an asynchronous capture the money is not there at once, nor ever without Stripe's fee.
_TRANSFER = (
    *_INTENT_BACK,
    *("--add", "payment_intent:capture_method=automatic"),
    *("--override", f"transfer:destination={DESTINATION}"),
    *("--override", "transfer:amount=500"),
)
# Payouts are made of money that an asynchronous capture has not brought yet.
_PAYOUT = ("--add", "payment_intent:capture_method=automatic")
# The CLI names a type of bank transfer that there is not (`jp_bank_account`).
_BANK_TRANSFER = (
    *("--override", "payment_intent:payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"),
    *("--override", "payment_intent:currency=usd"),
    *("--override", "fund_cash_balance:currency=usd"),
)

TRIGGERS = (
    Trigger("account.application.deauthorized"),
    Trigger("account.updated"),
    Trigger("balance.available"),
    Trigger("charge.captured", events=("charge.captured", "payment_intent.amount_capturable_updated")),
    Trigger("charge.dispute.closed"),
    Trigger("charge.dispute.created"),
    Trigger("charge.dispute.updated"),
    Trigger("charge.failed"),
    Trigger("charge.refund.updated", events=("charge.refund.updated", "refund.updated")),
    Trigger("charge.refunded", events=("charge.refunded", "refund.created")),
    Trigger("charge.succeeded", events=("charge.succeeded", "charge.updated")),
    Trigger(
        "checkout.session.async_payment_failed", events=("checkout.session.async_payment_failed", "charge.pending")
    ),
    Trigger("checkout.session.async_payment_succeeded"),
    Trigger("checkout.session.completed"),
    Trigger("checkout.session.expired"),
    Trigger("credit_note.created"),
    Trigger("credit_note.updated"),
    Trigger("credit_note.voided"),
    Trigger("customer.created"),
    Trigger("customer.deleted"),
    Trigger("customer.subscription.created", events=("customer.subscription.created", "invoice_payment.paid")),
    Trigger("customer.subscription.deleted"),
    Trigger("customer.subscription.paused"),
    Trigger("customer.subscription.trial_will_end"),
    Trigger("customer.subscription.updated"),
    Trigger("customer.updated"),
    Trigger("invoice.created"),
    Trigger("invoice.finalized"),
    Trigger("invoice.marked_uncollectible"),
    Trigger("invoice.paid", events=("invoice.paid", "invoice_payment.paid")),
    Trigger("invoice.payment_action_required"),
    Trigger("invoice.payment_failed"),
    Trigger("invoice.payment_succeeded"),
    Trigger("invoice.updated"),
    Trigger("invoice.voided"),
    Trigger("payment_intent.amount_capturable_updated"),
    Trigger("payment_intent.canceled"),
    Trigger("payment_intent.created"),
    Trigger("payment_intent.partially_funded", _BANK_TRANSFER),
    Trigger("payment_intent.payment_failed"),
    Trigger("payment_intent.processing", events=("payment_intent.processing", "charge.pending")),
    Trigger("payment_intent.requires_action"),
    Trigger("payment_intent.succeeded"),
    Trigger("payment_method.attached"),
    Trigger("payment_method.detached"),
    Trigger("payment_method.updated", _SETUP_BACK),
    Trigger("payout.created", _PAYOUT),
    Trigger("payout.updated", _PAYOUT),
    Trigger("plan.created"),
    Trigger("plan.deleted"),
    Trigger("plan.updated"),
    Trigger("price.created"),
    Trigger("price.updated"),
    Trigger("product.created"),
    Trigger("product.deleted"),
    Trigger("product.updated"),
    Trigger("reporting.report_run.succeeded"),
    Trigger("setup_intent.canceled"),
    Trigger("setup_intent.created"),
    Trigger("setup_intent.requires_action", _SETUP_BACK),
    Trigger("setup_intent.setup_failed"),
    Trigger("setup_intent.succeeded"),
    Trigger("subscription.payment_failed", events=("customer.subscription.created", "invoice.payment_failed")),
    Trigger("subscription.payment_succeeded", events=("customer.subscription.updated", "invoice.payment_succeeded")),
    Trigger("topup.created"),
    Trigger("transfer.created", _TRANSFER),
    Trigger("transfer.reversed", _TRANSFER),
    Trigger("transfer.updated", _TRANSFER),
)

OTHERS = frozenset(
    {
        "billing_portal.configuration.created",
        "billing_portal.configuration.updated",
        "billing_portal.session.created",
        "cash_balance.funds_available",
        "coupon.created",
        "coupon.deleted",
        "coupon.updated",
        "customer.discount.created",
        "customer.discount.deleted",
        "customer.discount.updated",
        "customer.source.created",
        "customer.source.updated",
        "customer_cash_balance_transaction.created",
        "identity.verification_session.canceled",
        "identity.verification_session.created",
        "identity.verification_session.redacted",
        "invoice.deleted",
        "invoice.sent",
        "invoiceitem.created",
        "invoiceitem.deleted",
        "issuing_authorization.request",
        "issuing_authorization.request.eu",
        "issuing_authorization.request.gb",
        "issuing_card.created",
        "issuing_card.created.eu",
        "issuing_card.created.gb",
        "issuing_cardholder.created",
        "issuing_cardholder.created.eu",
        "issuing_cardholder.created.gb",
        "issuing_transaction.created",
        "issuing_transaction.purchase_details_receipt_updated",
        "issuing_transaction.updated",
        "payment_link.created",
        "payment_link.updated",
        "promotion_code.created",
        "promotion_code.updated",
        "quote.accepted",
        "quote.canceled",
        "quote.created",
        "quote.finalized",
        "subscription_schedule.aborted",
        "subscription_schedule.canceled",
        "subscription_schedule.completed",
        "subscription_schedule.created",
        "subscription_schedule.expiring",
        "subscription_schedule.released",
        "subscription_schedule.updated",
        "tax_rate.created",
        "tax_rate.updated",
        "test_helpers.test_clock.advancing",
        "test_helpers.test_clock.created",
        "test_helpers.test_clock.deleted",
        "test_helpers.test_clock.ready",
        "v1.billing.meter.error_report_triggered",
        "v1.billing.meter.no_meter_found",
    }
)
"""What the service has no effect for, and the sandbox mostly no objects."""
