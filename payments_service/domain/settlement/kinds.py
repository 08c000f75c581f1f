"""What a balance transaction is: every type and reporting category that Stripe lists, in words of our own.

Two tables, so that a type which Stripe adds is one line here, and a test can tell that none is missing.

Source: docs.stripe.com/reports/balance-transaction-types, docs.stripe.com/reports/reporting-categories.
"""

from enum import Enum, auto

from payments_service.domain.settlement.model import BalanceTransaction


class Kind(Enum):
    """What moved a Stripe balance; the recipe has a counter account for each of them in each book."""

    PAID = auto()
    """A customer's money came in."""
    UNDONE = auto()
    """What a charge credited was never paid in the end, or was never captured."""
    REFUND = auto()
    """A refund, or its failure."""
    DISPUTE = auto()
    """Withdrawn for a dispute, or reinstated."""
    UNRECONCILED = auto()
    """A customer sent money that no payment claims yet."""
    TRANSFER = auto()
    """To a connected account, or back."""
    COLLECTION = auto()
    """The platform made up for the negative balance of a connected account."""
    PLATFORM_FEE = auto()
    """The platform's fee on a connected account's sales, or its refund."""
    PAYOUT = auto()
    """To a bank account, or back because it did not arrive."""
    BANK = auto()
    """From a bank account, or back: top-ups and inbound transfers."""
    STRIPE_FEE = auto()
    """Stripe's and the networks' own fees and the tax on them, or credit for them."""
    WITHHELD_TAX = auto()
    """Tax that Stripe paid to the authorities for the account."""
    RESERVE = auto()
    """Put aside within Stripe, or released: it is still the account's money."""
    ADVANCE = auto()
    """Lent by Stripe, or paid back."""
    CONTRIBUTION = auto()
    """Given away to projects or spent on climate orders."""
    BALANCE_PAYMENT = auto()
    """A connected account paid its platform out of its Stripe balance, or got that back."""
    UNUSED = auto()
    """Of a product that this service does not use: whoever sees it must say what it is."""


TYPES: dict[str, Kind] = {
    "advance": Kind.ADVANCE,
    "advance_funding": Kind.ADVANCE,
    "anticipation_repayment": Kind.ADVANCE,
    "application_fee": Kind.PLATFORM_FEE,
    "application_fee_refund": Kind.PLATFORM_FEE,
    "charge": Kind.PAID,
    "climate_order_purchase": Kind.CONTRIBUTION,
    "climate_order_refund": Kind.CONTRIBUTION,
    "connect_collection_transfer": Kind.COLLECTION,
    "contribution": Kind.CONTRIBUTION,
    "fee_credit_funding": Kind.STRIPE_FEE,
    "inbound_transfer": Kind.BANK,
    "inbound_transfer_reversal": Kind.BANK,
    "issuing_authorization_hold": Kind.RESERVE,
    "issuing_authorization_release": Kind.RESERVE,
    "issuing_dispute": Kind.UNUSED,
    "issuing_dispute_provisional_credit": Kind.UNUSED,
    "issuing_dispute_provisional_credit_reversal": Kind.UNUSED,
    "issuing_transaction": Kind.UNUSED,
    "network_cost": Kind.STRIPE_FEE,
    "obligation_outbound": Kind.UNUSED,
    "obligation_reversal_inbound": Kind.UNUSED,
    "partial_capture_reversal": Kind.UNDONE,
    "payment": Kind.PAID,
    "payment_failure_refund": Kind.UNDONE,
    "payment_method_passthrough_fee": Kind.STRIPE_FEE,
    "payment_network_reserve_hold": Kind.RESERVE,
    "payment_network_reserve_release": Kind.RESERVE,
    "payment_refund": Kind.REFUND,
    "payment_reversal": Kind.UNDONE,
    "payment_unreconciled": Kind.UNRECONCILED,
    "payout": Kind.PAYOUT,
    "payout_cancel": Kind.PAYOUT,
    "payout_failure": Kind.PAYOUT,
    "payout_minimum_balance_hold": Kind.RESERVE,
    "payout_minimum_balance_release": Kind.RESERVE,
    "payout_reversal": Kind.PAYOUT,
    "refund": Kind.REFUND,
    "refund_failure": Kind.REFUND,
    "reserve_hold": Kind.RESERVE,
    "reserve_release": Kind.RESERVE,
    "reserve_transaction": Kind.RESERVE,
    "reserved_funds": Kind.RESERVE,
    "stripe_balance_payment_debit": Kind.BALANCE_PAYMENT,
    "stripe_balance_payment_debit_reversal": Kind.BALANCE_PAYMENT,
    "stripe_fee": Kind.STRIPE_FEE,
    "stripe_fx_fee": Kind.STRIPE_FEE,
    "tax_fee": Kind.STRIPE_FEE,
    "tax_fund": Kind.WITHHELD_TAX,
    "topup": Kind.BANK,
    "topup_reversal": Kind.BANK,
    "transfer": Kind.TRANSFER,
    "transfer_cancel": Kind.TRANSFER,
    "transfer_failure": Kind.TRANSFER,
    "transfer_refund": Kind.TRANSFER,
}
"""By Stripe's type. `adjustment` is not here: only its reporting category says what it is."""

CATEGORIES: dict[str, Kind] = {
    "advance": Kind.ADVANCE,
    "advance_funding": Kind.ADVANCE,
    "anticipation_repayment": Kind.ADVANCE,
    "charge": Kind.PAID,
    "charge_failure": Kind.UNDONE,
    "climate_order_purchase": Kind.CONTRIBUTION,
    "climate_order_refund": Kind.CONTRIBUTION,
    "connect_collection_transfer": Kind.COLLECTION,
    "connect_reserved_funds": Kind.RESERVE,
    "contribution": Kind.CONTRIBUTION,
    "dispute": Kind.DISPUTE,
    "dispute_reversal": Kind.DISPUTE,
    "fee": Kind.STRIPE_FEE,
    "financing_paydown": Kind.ADVANCE,
    "financing_paydown_reversal": Kind.ADVANCE,
    "financing_payout": Kind.ADVANCE,
    "financing_payout_reversal": Kind.ADVANCE,
    "issuing_authorization_hold": Kind.RESERVE,
    "issuing_authorization_release": Kind.RESERVE,
    "issuing_dispute": Kind.UNUSED,
    "issuing_transaction": Kind.UNUSED,
    "network_cost": Kind.STRIPE_FEE,
    "other_adjustment": Kind.UNUSED,
    "partial_capture_reversal": Kind.UNDONE,
    "payout": Kind.PAYOUT,
    "payout_reversal": Kind.PAYOUT,
    "platform_earning": Kind.PLATFORM_FEE,
    "platform_earning_refund": Kind.PLATFORM_FEE,
    "refund": Kind.REFUND,
    "refund_failure": Kind.REFUND,
    "risk_reserved_funds": Kind.RESERVE,
    "tax": Kind.STRIPE_FEE,
    "topup": Kind.BANK,
    "topup_reversal": Kind.BANK,
    "transfer": Kind.TRANSFER,
    "transfer_reversal": Kind.TRANSFER,
    "unreconciled_customer_funds": Kind.UNRECONCILED,
}
"""By reporting category, for what the type leaves open."""

ADJUSTMENT = "adjustment"

_MORE_EXACT = frozenset({"partial_capture_reversal", "charge_failure"})
"""Categories that say more than the type does: Stripe shows what was not captured as a refund, for example."""

_FEE_REFUND = "fr_"
"""What the ids of refunds of application fees begin with; an adjustment about one has only the category `fee`."""


def kind_of(transaction: BalanceTransaction) -> Kind | None:
    """What a balance transaction is; None for a type that nobody foresaw."""
    category = CATEGORIES.get(transaction.reporting_category)
    if transaction.type == ADJUSTMENT:
        if category is Kind.STRIPE_FEE and transaction.source_id.startswith(_FEE_REFUND):
            return Kind.PLATFORM_FEE
        return category
    if transaction.reporting_category in _MORE_EXACT:
        return category
    return TYPES.get(transaction.type)


def types_of(*kinds: Kind) -> frozenset[str]:
    """Stripe's types of these kinds."""
    return frozenset(name for name, kind in TYPES.items() if kind in kinds)
