"""A balance transaction of Stripe in our words, and a charge of which there is none yet.

Source: docs.stripe.com/api/balance_transactions/object.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from payments_service.domain.money import Money

PAYMENTS_BALANCE = "payments"
"""The balance that a Stripe account sells into and is paid out from."""


@dataclass(frozen=True, slots=True)
class FeeDetail:
    """One fee within a balance transaction: Stripe's type, minor units (negative when given back), a description."""

    type: str
    amount: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """One movement of a Stripe balance. All amounts are signed minor units of `currency`.

    Attributes:
        stripe_account: whose balance; empty for the platform's.
        type: Stripe's type, for example `charge`.
        reporting_category: Stripe's coarser word, for example `dispute`.
        amount: gross.
        fee: sum of the fees.
        net: what the balance changes by.
        available_on: when it becomes available for payouts.
        source_id: the object behind it, for example a charge; empty when there is none.
        intent_id: the payment intent behind that; empty when there is none.
        payment_hint: our payment id as Stripe's metadata has it; a hint, to be checked.
        refund_hint: our refund id as Stripe's metadata has it; a hint, to be checked.
        parent_id: the object that the source came out of, for example the transfer behind a reversal; empty when there
            is none. It may belong to another account's books.
        destination: Stripe's id of the connected account that a transfer goes to, or that pays an application fee; else
            empty.
        reverses_transfer: whether the source is a refund that took a transfer back.
        exchange_rate: Stripe's rate as it was written, when the customer paid in another currency; else empty.
        balance_type: which of the account's balances it moves; `payments` is the one that is paid out from.
    """

    id: str
    stripe_account: str
    type: str
    reporting_category: str
    amount: int
    fee: int
    net: int
    currency: str
    created: datetime
    available_on: datetime
    description: str = ""
    fee_details: tuple[FeeDetail, ...] = ()
    source_id: str = ""
    intent_id: str = ""
    payment_hint: str = ""
    refund_hint: str = ""
    parent_id: str = ""
    destination: str = ""
    reverses_transfer: bool = False
    exchange_rate: str = ""
    balance_type: str = PAYMENTS_BALANCE

    @property
    def reference(self) -> str:
        """The unique reference of its ledger transaction."""
        return f"stripe:{self.id}"


class ProvisionalState(Enum):
    """What has become of a provisional booking."""

    STANDING = "STANDING"
    SETTLED = "SETTLED"
    REVERSED = "REVERSED"


@dataclass(frozen=True, slots=True)
class ProvisionalCharge:
    """A charge that is booked before Stripe has booked it.

    Attributes:
        charge_id: Stripe's id.
        amount: its gross amount, in the payment's currency.
        ledger_transaction_id: what booked it.
    """

    charge_id: str
    payment_id: UUID
    amount: Money
    ledger_transaction_id: UUID
    state: ProvisionalState = ProvisionalState.STANDING
