"""Stripe, as the use cases see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from payments_service.application.operations.model import Json, Outcome, StripeCall
from payments_service.domain.account.model import AccountSnapshot, ConnectedAccount
from payments_service.domain.dispute.model import DisputeSnapshot
from payments_service.domain.money import Money
from payments_service.domain.payment.model import IntentSnapshot, Payment
from payments_service.domain.payout.model import PayoutSnapshot
from payments_service.domain.refund.model import Refund, RefundSnapshot
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.domain.stripe_object.model import ObjectKey, ObjectSnapshot
from payments_service.domain.transfer.model import TransferSnapshot

Said = DisputeSnapshot | PayoutSnapshot | TransferSnapshot | ObjectSnapshot
"""What Stripe says of an object that is fetched by its kind and id."""

METADATA_PAYMENT = "payments_payment_id"
"""The key under which Stripe's metadata holds our payment id; the next three likewise."""

METADATA_REFUND = "payments_refund_id"
METADATA_ACCOUNT = "payments_account_id"
METADATA_OPERATION = "payments_operation_id"
METADATA_REFERENCE = "payments_reference"
"""The caller's id of the purchase."""


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """What to ask Stripe for when a payment is created.

    Attributes:
        destination: Stripe's id of the connected account that a charge of the platform's is passed on to; else empty.
    """

    payment: Payment
    operation_id: str
    payment_method: str
    confirm: bool
    return_url: str
    destination: str = ""


@dataclass(frozen=True, slots=True)
class CreateStripeAccount:
    """What to ask Stripe for when a connected account is created."""

    account: ConnectedAccount
    operation_id: str
    product_description: str = ""
    mcc: str = ""


@dataclass(frozen=True, slots=True)
class BalanceAtStripe:
    """Stripe's balance in one currency, in minor units."""

    currency: str
    available: int
    pending: int


class Stripe(Protocol):
    """Calls to Stripe, and what its answers mean. Reads raise STRIPE_UNAVAILABLE when no answer came.

    `stripe_account` is the connected account that an object is on; empty for the platform's.
    """

    def create_intent(self, command: CreateIntent) -> StripeCall:
        """The call that creates a payment intent."""
        ...

    def confirm_intent(
        self, intent_id: str, payment_method: str, return_url: str, stripe_account: str = ""
    ) -> StripeCall:
        """The call that confirms a payment intent."""
        ...

    def capture_intent(
        self, intent_id: str, amount: Money, platform_fee: Money | None, stripe_account: str = ""
    ) -> StripeCall:
        """The call that captures an authorised payment intent; what is left of it is released.

        `platform_fee` replaces the one that the intent was created with; None leaves it.
        """
        ...

    def cancel_intent(self, intent_id: str, reason: str, stripe_account: str = "") -> StripeCall:
        """The call that cancels a payment intent; `reason` in Stripe's words, or empty."""
        ...

    def create_refund(self, refund: Refund, intent_id: str, operation_id: str, stripe_account: str = "") -> StripeCall:
        """The call that creates a refund."""
        ...

    def create_account(self, command: CreateStripeAccount) -> StripeCall:
        """The call that creates a connected account."""
        ...

    async def send(self, call: StripeCall, idempotency_key: str) -> Outcome:
        """Make a mutating call; repeats it with the same key while that is safe and time allows."""
        ...

    async def find_intent(
        self, operation_id: str, payment_id: str, since: datetime, stripe_account: str = ""
    ) -> Json | None:
        """The payment intent that an operation created, if it exists."""
        ...

    async def find_refund(self, operation_id: str, intent_id: str, stripe_account: str = "") -> Json | None:
        """The refund that an operation created, if it exists."""
        ...

    async def find_account(self, operation_id: str, account_id: str, since: datetime) -> Json | None:
        """The connected account that an operation created, if it exists."""
        ...

    async def fetch_intent(self, intent_id: str, stripe_account: str = "") -> Json | None:
        """A payment intent with its charge, or None when there is none."""
        ...

    async def fetch_refund(self, refund_id: str, stripe_account: str = "") -> Json | None:
        """A refund, or None when there is none."""
        ...

    async def fetch_account(self, stripe_account: str) -> Json | None:
        """A connected account, or None when there is none that we have access to."""
        ...

    async def fetch_object(self, key: ObjectKey) -> Said | None:
        """An object of one of the kinds that are followed, or None when there is none (any more)."""
        ...

    async def refunds_of(self, intent_id: str, stripe_account: str = "") -> list[RefundSnapshot]:
        """All refunds of a payment intent, oldest first."""
        ...

    async def transfer_destination(self, transfer_id: str) -> str:
        """Stripe's id of the account that a transfer went to; empty when there is no such transfer."""
        ...

    def intent(self, body: Json) -> IntentSnapshot:
        """Stripe's JSON as our type."""
        ...

    def refund(self, body: Json) -> RefundSnapshot:
        """Stripe's JSON as our type."""
        ...

    def account(self, body: Json) -> AccountSnapshot:
        """Stripe's JSON as our type."""
        ...

    async def balance(self, stripe_account: str = "") -> list[BalanceAtStripe]:
        """The balance of the platform or of a connected account, one a currency."""
        ...

    async def balance_transactions(
        self, stripe_account: str, *, since: datetime | None, after: str, through: datetime | None = None
    ) -> tuple[list[BalanceTransaction], bool]:
        """A page of an account's balance transactions, newest first, and whether there are more.

        Args:
            stripe_account: Stripe's id; empty for the platform.
            since: leave out what was created before.
            after: the last id of the page before; empty for the first page.
            through: leave out what was created later.
        """
        ...
