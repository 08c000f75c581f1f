"""What an account sells and bills: the part of its state behind Stripe Billing."""

from dataclasses import dataclass, field

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.objects import Objects, objects_of


@dataclass(slots=True)
class BillingState:
    """Catalogue, subscriptions and invoices of one account.

    Attributes:
        terms: What a connected account or the platform gets of an invoice's payment, by invoice id: the payment intent
            shows it, the invoice does not.
    """

    products: Objects = field(default_factory=lambda: objects_of("product"))
    prices: Objects = field(default_factory=lambda: objects_of("price", "product", "currency", "type"))
    subscriptions: Objects = field(default_factory=lambda: objects_of("subscription", "customer"))
    invoices: Objects = field(default_factory=lambda: objects_of("invoice", "customer", "status", "collection_method"))
    invoice_items: Objects = field(
        default_factory=lambda: objects_of("invoiceitem", "customer", "invoice", moment="date")
    )
    invoice_payments: Objects = field(default_factory=lambda: objects_of("invoice_payment", "invoice"))
    credit_notes: Objects = field(default_factory=lambda: objects_of("credit_note", "customer", "invoice"))
    customer_balance: Objects = field(
        default_factory=lambda: objects_of("customer_balance_transaction", "customer", "invoice")
    )
    terms: dict[str, JsonObject] = field(default_factory=dict)

    def by_prefix(self) -> dict[str, Objects]:
        """The collections whose ids other objects hold, by the prefix of these ids."""
        return {
            "prod": self.products,
            "price": self.prices,
            "plan": self.prices,
            "sub": self.subscriptions,
            "in": self.invoices,
            "ii": self.invoice_items,
            "inpay": self.invoice_payments,
            "cn": self.credit_notes,
            "cbtxn": self.customer_balance,
        }
