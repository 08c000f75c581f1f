"""The book of one account: its balance transactions and the balance that is their sum."""

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.collection import Collection

PAYMENTS = "payments"
RISK_RESERVED = "risk_reserved"


@dataclass(frozen=True, slots=True)
class Movement:
    """What moves a balance.

    Attributes:
        kind: Stripe's type of balance transaction (`charge`, `refund`, …).
        amount: Gross amount in minor units, negative for what leaves.
        currency: Currency of the balance that moves.
        source: Id of the object that caused it.
        available_on: Unix second from which the net amount is available.
        fees: Stripe's `fee_details`; what they sum to is taken off the amount.
        balance_type: Which balance it is, if not the one for payments. Only that one is shown by `/v1/balance`.
        exchange_rate: The rate at which the amount was converted, if it was.
        category: `reporting_category`; the kind unless Stripe groups it otherwise.
    """

    kind: str
    amount: int
    currency: str
    source: str | None
    available_on: int
    fees: tuple[JsonObject, ...] = ()
    description: str | None = None
    category: str | None = None
    exchange_rate: float | None = None
    balance_type: str = PAYMENTS


@dataclass(slots=True)
class Funds:
    """The two parts of a balance in one currency, in minor units."""

    available: int = 0
    pending: int = 0


def _transactions(payouts: Mapping[str, str]) -> Collection[JsonObject]:
    return Collection(
        "balance transaction",
        identify=lambda item: str(item["id"]),
        created=lambda item: int(item["created"]),
        indexes={
            "type": lambda item: item["type"],
            "currency": lambda item: item["currency"],
            "source": lambda item: item["source"],
            "payout": lambda item: payouts.get(item["id"]),
        },
    )


@dataclass(slots=True)
class BalanceBook:
    """Balance transactions, never changed but for their step from pending to available, and their running sums."""

    transactions: Collection[JsonObject] = field(init=False)
    funds: dict[str, Funds] = field(default_factory=lambda: defaultdict(Funds))
    reserved: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The balance of what is held back, by currency; 0 unless both sides of reserves are booked."""
    payouts: dict[str, str] = field(default_factory=dict)
    """The payout that took a balance transaction out, by the transaction's id: at Stripe only a filter shows it."""
    _waiting: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transactions = _transactions(self.payouts)

    def record(self, identifier: str, movement: Movement, now: int) -> JsonObject:
        """Adds a balance transaction and counts its net amount into the balance."""
        fee = sum(int(detail["amount"]) for detail in movement.fees)
        net = movement.amount - fee
        pending = movement.available_on > now
        transaction: JsonObject = {
            "id": identifier,
            "object": "balance_transaction",
            "amount": movement.amount,
            "available_on": movement.available_on,
            "balance_type": movement.balance_type,
            "created": now,
            "currency": movement.currency,
            "description": movement.description,
            "exchange_rate": movement.exchange_rate,
            "fee": fee,
            "fee_details": list(movement.fees),
            "net": net,
            "reporting_category": movement.category or movement.kind,
            "source": movement.source,
            "status": "pending" if pending else "available",
            "type": movement.kind,
        }
        self.transactions.add(transaction)
        if movement.balance_type != PAYMENTS:
            self.reserved[movement.currency] += net
            return transaction
        funds = self.funds[movement.currency]
        if pending:
            funds.pending += net
            heapq.heappush(self._waiting, (movement.available_on, identifier))
        else:
            funds.available += net
        return transaction

    def settle(self, now: int) -> bool:
        """Makes available what has waited long enough; returns whether anything moved."""
        moved = False
        while self._waiting and self._waiting[0][0] <= now:
            _, identifier = heapq.heappop(self._waiting)
            transaction = self.transactions.get(identifier)
            if transaction is None:
                raise LookupError(f"balance transaction {identifier} waits for settlement but is not in the book")
            transaction["status"] = "available"
            funds = self.funds[transaction["currency"]]
            funds.pending -= transaction["net"]
            funds.available += transaction["net"]
            moved = True
        return moved

    def unpaid(self, currency: str) -> list[JsonObject]:
        """The available balance transactions in a currency that no payout has taken out."""
        return [
            one
            for one in self.transactions.matching("currency", currency)
            if one["status"] == "available" and one["balance_type"] == PAYMENTS and one["id"] not in self.payouts
        ]

    def take_out(self, payout: str, transactions: list[JsonObject]) -> None:
        """Notes which payout took these transactions out."""
        for transaction in transactions:
            self.payouts[transaction["id"]] = payout
            self.transactions.reindex(transaction)

    def render(self, default_currency: str) -> JsonObject:
        """The balance as `/v1/balance` shows it, a line for each currency in use."""
        lines = sorted(self.funds.items()) or [(default_currency, Funds())]
        return {
            "object": "balance",
            "available": [_line(currency, funds.available) for currency, funds in lines],
            "connect_reserved": [{"amount": 0, "currency": currency} for currency, _ in lines],
            "instant_available": [_line(currency, max(0, funds.available)) for currency, funds in lines],
            "livemode": False,
            "pending": [_line(currency, funds.pending) for currency, funds in lines],
        }


def _line(currency: str, amount: int) -> JsonObject:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
