"""The state of one Stripe account: its objects and its balance."""

from dataclasses import dataclass, field
from decimal import Decimal

from stripe_sandbox.balance.book import BalanceBook
from stripe_sandbox.cards import Card
from stripe_sandbox.debits import Debit
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.billing import BillingState
from stripe_sandbox.state.collection import Collection
from stripe_sandbox.state.event_log import Event
from stripe_sandbox.state.objects import Objects, objects_of


def _events() -> Collection[Event]:
    return Collection(
        "event",
        identify=lambda event: event.id,
        created=lambda event: event.created,
        indexes={
            "type": lambda event: event.kind,
            "delivery_success": lambda event: "false" if event.pending_webhooks else "true",
        },
    )


@dataclass(frozen=True, slots=True)
class EndpointPrivate:
    """What a webhook endpoint's object does not show.

    Attributes:
        secret: Signs what is sent to it.
        connect: Whether it receives the events of connected accounts instead of the account's own.
    """

    secret: str
    connect: bool


@dataclass(slots=True)
class AccountState:
    """Everything that belongs to one account.

    Attributes:
        id: `acct_…`.
        is_platform: Whether the secret keys belong to this account.
        country: ISO 3166 country, upper case.
        default_currency: Currency of an empty balance.
        created: When it was opened, in Unix seconds.
        is_connected: Whether the platform may act for it; an account that has left the platform lives on without it.
        profile: The account as an object of the API. Empty for the platform until somebody asks for it.
        balance_settings: What `/v1/balance_settings` shows. Empty until somebody asks for it.
        exchange_rates: Currencies that are converted into the default one, with the rates between major units.
        settlement_delay_days: Days until funds are available, where the account has a delay of its own.
        payout_planned: Whether the next moment for automatic payouts is with the scheduler.
        checkout_lines: The items of checkout sessions, by session id: a session shows them only if asked to.
        checkout_orders: What the payment, subscription or setup of a checkout session is to be like, by session id.
        cards: How the card behind each payment method behaves; Stripe does not show it either.
        debits: The same for bank accounts.
        endpoint_private: Secrets of the webhook endpoints, by endpoint id.
    """

    id: str
    is_platform: bool
    country: str = "US"
    default_currency: str = "usd"
    created: int = 0
    is_connected: bool = True
    profile: JsonObject = field(default_factory=dict)
    customers: Objects = field(default_factory=lambda: objects_of("customer", "email"))
    payment_methods: Objects = field(default_factory=lambda: objects_of("PaymentMethod", "customer"))
    payment_intents: Objects = field(default_factory=lambda: objects_of("payment_intent", "customer"))
    charges: Objects = field(
        default_factory=lambda: objects_of("charge", "payment_intent", "customer", "transfer_group")
    )
    disputes: Objects = field(default_factory=lambda: objects_of("dispute", "charge", "payment_intent"))
    fraud_warnings: Objects = field(
        default_factory=lambda: objects_of("early_fraud_warning", "charge", "payment_intent")
    )
    reviews: Objects = field(default_factory=lambda: objects_of("review", "charge"))
    reserve_holds: Objects = field(default_factory=lambda: objects_of("reserve hold", "reserve_plan"))
    reserve_plans: Objects = field(default_factory=lambda: objects_of("reserve plan"))
    reserve_releases: Objects = field(default_factory=lambda: objects_of("reserve release"))
    payouts: Objects = field(default_factory=lambda: objects_of("payout", "destination", "status"))
    refunds: Objects = field(default_factory=lambda: objects_of("refund", "charge", "payment_intent"))
    topups: Objects = field(default_factory=lambda: objects_of("topup", "status"))
    transfers: Objects = field(
        default_factory=lambda: objects_of("transfer", "destination", "source_transaction", "transfer_group")
    )
    transfer_reversals: Objects = field(default_factory=lambda: objects_of("transfer_reversal", "transfer"))
    application_fees: Objects = field(default_factory=lambda: objects_of("application_fee", "charge"))
    fee_refunds: Objects = field(default_factory=lambda: objects_of("fee_refund", "fee"))
    setup_intents: Objects = field(default_factory=lambda: objects_of("setup_intent", "customer", "payment_method"))
    setup_attempts: Objects = field(default_factory=lambda: objects_of("setup_attempt", "setup_intent"))
    mandates: Objects = field(default_factory=lambda: objects_of("mandate", "payment_method"))
    link_sessions: Objects = field(default_factory=lambda: objects_of("financial_connections.session"))
    linked_accounts: Objects = field(default_factory=lambda: objects_of("financial_connections.account"))
    report_runs: Objects = field(default_factory=lambda: objects_of("reporting.report_run"))
    persons: Objects = field(default_factory=lambda: objects_of("person"))
    checkout_sessions: Objects = field(
        default_factory=lambda: objects_of("checkout.session", "customer", "payment_intent", "status", "subscription")
    )
    checkout_lines: dict[str, list[JsonObject]] = field(default_factory=dict)
    checkout_orders: dict[str, JsonObject] = field(default_factory=dict)
    billing: BillingState = field(default_factory=BillingState)
    webhook_endpoints: Objects = field(default_factory=lambda: objects_of("webhook_endpoint"))
    events: Collection[Event] = field(default_factory=_events)
    balance: BalanceBook = field(default_factory=BalanceBook)
    balance_settings: JsonObject = field(default_factory=dict)
    exchange_rates: dict[str, Decimal] = field(default_factory=dict)
    settlement_delay_days: int | None = None
    payout_planned: bool = False
    cards: dict[str, Card] = field(default_factory=dict)
    debits: dict[str, Debit] = field(default_factory=dict)
    endpoint_private: dict[str, EndpointPrivate] = field(default_factory=dict)

    @property
    def application(self) -> str:
        """The Connect application of a platform: `ca_…`."""
        return f"ca_{self.id.removeprefix('acct_')}"

    @property
    def is_deleted(self) -> bool:
        """Whether the platform has deleted this account; what it has booked stays."""
        return "deleted" in self.profile

    def find(self, identifier: str) -> JsonObject | None:
        """The object behind any id of this account, told by the id's prefix. None if there is none."""
        if identifier.startswith("ba_"):
            owned = self.profile.get("external_accounts", {}).get("data", ())
            return next((one for one in owned if one["id"] == identifier), None)
        collection = self._by_prefix().get(identifier.partition("_")[0])
        return None if collection is None else collection.get(identifier)

    def _by_prefix(self) -> dict[str, Objects]:
        return {
            "cus": self.customers,
            "pm": self.payment_methods,
            "pi": self.payment_intents,
            "seti": self.setup_intents,
            "setatt": self.setup_attempts,
            "mandate": self.mandates,
            "fca": self.linked_accounts,
            "person": self.persons,
            "cs": self.checkout_sessions,
            "ch": self.charges,
            "py": self.charges,
            "du": self.disputes,
            "issfr": self.fraud_warnings,
            "prv": self.reviews,
            "reshold": self.reserve_holds,
            "resrel": self.reserve_releases,
            "po": self.payouts,
            "re": self.refunds,
            "pyr": self.refunds,
            "tu": self.topups,
            "tr": self.transfers,
            "trr": self.transfer_reversals,
            "fee": self.application_fees,
            "fr": self.fee_refunds,
            "txn": self.balance.transactions,
            **self.billing.by_prefix(),
        }
