"""What stands in the books for an object, as JSON in its row."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from payments_service.domain.ledger.standing import Standing
from payments_service.domain.money import Money


def to_json(standing: Standing) -> dict[str, Any]:
    """For a JSON column."""
    return {
        "transaction_id": str(standing.transaction_id),
        "account": standing.account,
        "amount_minor": standing.amount.amount_minor,
        "currency": standing.amount.currency,
    }


def from_json(value: Mapping[str, Any]) -> Standing:
    """From a JSON column."""
    return Standing(UUID(value["transaction_id"]), value["account"], Money(value["amount_minor"], value["currency"]))


def all_from_json(values: Iterable[Mapping[str, Any]]) -> tuple[Standing, ...]:
    """From a JSON column with several."""
    return tuple(from_json(value) for value in values)
