"""A payment, and what Stripe says of its payment intent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from payments_service.domain.money import Money


class ChargeModel(Enum):
    """Whose Stripe account carries the charge."""

    PLATFORM = "PLATFORM"
    DESTINATION = "DESTINATION"
    SEPARATE = "SEPARATE"
    DIRECT = "DIRECT"


class CaptureMethod(Enum):
    """When the customer's money is taken."""

    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"


class PaymentState(Enum):
    """Where a payment stands; the words are those of the API."""

    CREATING = "CREATING"
    REQUIRES_PAYMENT_METHOD = "REQUIRES_PAYMENT_METHOD"
    REQUIRES_CONFIRMATION = "REQUIRES_CONFIRMATION"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    PROCESSING = "PROCESSING"
    REQUIRES_CAPTURE = "REQUIRES_CAPTURE"
    SUCCEEDED = "SUCCEEDED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    OTHER = "OTHER"


FINAL = frozenset({PaymentState.SUCCEEDED, PaymentState.CANCELED})
"""States of Stripe's payment intent that it never leaves."""

CONFIRMABLE = frozenset(
    {PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_CONFIRMATION, PaymentState.REQUIRES_ACTION}
)
"""States in which a payment can be attempted (docs.stripe.com/api/payment_intents/confirm)."""

CANCELABLE = CONFIRMABLE | {PaymentState.PROCESSING, PaymentState.REQUIRES_CAPTURE}
"""States in which a payment can be canceled (docs.stripe.com/api/payment_intents/cancel)."""


@dataclass(frozen=True, slots=True)
class PaymentFailure:
    """Why an attempt failed: Stripe's code, the issuer's decline code, and a sentence for engineers."""

    code: str
    decline_code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """What a connected account is owed of a payment."""

    account_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to collect money: see the message of the same name in the API.

    Attributes:
        amount_refunded: the sum of its refunds that are done or under way.
        amount_capturable: what can still be captured.
        connected_account_id: the connected account that is paid; None for the platform's own sales.
        stripe_account: Stripe's id of the connected account that carries the charge, of a DIRECT payment; else empty.
        platform_fee: what the platform keeps of a payment to a connected account; zero for its own sales.
        splits: of a SEPARATE payment: what is owed to whom if all of it is captured.
        observed_time: database time at which the last applied answer or fetch of Stripe's intent had ended; an answer
            that began before it may be older than what is already known.
        disputed_minor: the sum of its disputes that are open or lost; inquiries and those that were won do not count.
        risks: what warns of it, by the id of Stripe's object that says so, for example an early fraud warning.
    """

    id: UUID
    owner_id: str
    reference: str
    amount: Money
    charge_model: ChargeModel
    state: PaymentState
    description: str
    metadata: Mapping[str, str]
    livemode: bool
    create_time: datetime
    update_time: datetime
    amount_captured: Money
    amount_refunded: Money
    amount_capturable: Money
    platform_fee: Money
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    connected_account_id: UUID | None = None
    stripe_status: str = ""
    failure: PaymentFailure | None = None
    intent_id: str = ""
    charge_id: str = ""
    balance_transaction_id: str = ""
    transfer_id: str = ""
    application_fee_id: str = ""
    event_ids: tuple[str, ...] = ()
    observed_time: datetime | None = None
    splits: tuple[Split, ...] = ()
    disputed_minor: int = 0
    risks: Mapping[str, str] = field(default_factory=dict)
    stripe_account: str = ""

    @property
    def payees(self) -> frozenset[UUID]:
        """The connected accounts that it pays."""
        named = {split.account_id for split in self.splits}
        return frozenset(named | {self.connected_account_id} if self.connected_account_id else named)

    @property
    def unsplit(self) -> Money:
        """What neither splits nor the platform's fee claim of it."""
        claimed = sum((split.amount.amount_minor for split in self.splits), self.platform_fee.amount_minor)
        return Money(self.amount.amount_minor - claimed, self.amount.currency)

    @property
    def amount_disputed(self) -> Money:
        """What is disputed of it, or was lost to disputes."""
        return Money(self.disputed_minor, self.amount.currency)

    @property
    def risk_flags(self) -> tuple[str, ...]:
        """What warns of it, each warning once."""
        return tuple(sorted(set(self.risks.values())))


@dataclass(frozen=True, slots=True)
class ChargeSnapshot:
    """What Stripe said of a charge.

    Attributes:
        application_fee: what the platform takes, in minor units; None when the charge does not say.
        failed: whether it was not paid in the end; some methods only find out late.
    """

    id: str
    application_fee: int | None = None
    balance_transaction_id: str = ""
    transfer_id: str = ""
    application_fee_id: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class IntentSnapshot:
    """What Stripe said of a payment intent in one answer.

    Attributes:
        state: our word for Stripe's status; OTHER when the status is unknown here.
        client_secret: for the caller only; never stored, never in `repr`.
    """

    id: str
    state: PaymentState
    status: str
    amount: Money
    amount_received: int
    amount_capturable: int
    livemode: bool
    created: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    charge: ChargeSnapshot | None = None
    failure: PaymentFailure | None = None
    client_secret: str = field(default="", repr=False)
