"""What a call that makes or changes a subscription may carry."""

from decimal import Decimal, InvalidOperation

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.params import Boolean, Choice, Field, Integer, ListOf, Metadata, Params, Text
from stripe_sandbox.json_types import FormValue
from stripe_sandbox.resources.invoices.params import COLLECTION_METHODS
from stripe_sandbox.resources.prices.making import PRICE_DATA

FEEDBACK = (
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)
_HUNDRED = 100
_PLACES = 2


class Percent:
    """A percentage with at most two decimals."""

    def read(self, value: FormValue, name: str) -> float | None:
        """Raises `StripeError` for anything else; an empty string clears it."""
        if value == "":
            return None
        try:
            number = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not 0 <= number <= _HUNDRED or number != round(number, _PLACES):
            raise invalid("Invalid decimal: must be between 0 and 100 with at most two decimals.", param=name)
        return float(number)


class MomentOrWord:
    """A Unix second, or one of a few words."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def read(self, value: FormValue, name: str) -> object:
        """Raises `StripeError` for what is neither."""
        return value if value in self._words else Integer(0).read(value, name)


_ITEM: dict[str, Field] = {
    "metadata": Metadata(),
    "price": Text(),
    "price_data": PRICE_DATA.extended({"product": Text()}),
    "quantity": Integer(0),
}
_MISSING = ("cancel", "create_invoice", "pause")
_COMMON: dict[str, Field] = {
    "application_fee_percent": Percent(),
    "cancel_at": Integer(0, unset=True),
    "cancel_at_period_end": Boolean(),
    "collection_method": Choice(COLLECTION_METHODS),
    "days_until_due": Integer(0),
    "default_payment_method": Text(unset=True),
    "description": Text(500, unset=True),
    "metadata": Metadata(),
    "off_session": Boolean(),
    "on_behalf_of": Text(unset=True),
    "payment_behavior": Choice(
        ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
    ),
    "payment_settings": Params({"save_default_payment_method": Choice(("off", "on_subscription"))}),
    "proration_behavior": Choice(("always_invoice", "create_prorations", "none")),
    "transfer_data": Params({"amount_percent": Percent(), "destination": Text()}, required=("destination",)),
    "trial_end": MomentOrWord("now"),
    "trial_settings": Params(
        {"end_behavior": Params({"missing_payment_method": Choice(_MISSING)}, required=("missing_payment_method",))},
        required=("end_behavior",),
    ),
}
CREATE = Params(
    {
        **_COMMON,
        "add_invoice_items": ListOf(
            Params({name: _ITEM[name] for name in ("metadata", "price", "price_data", "quantity")})
        ),
        "billing_mode": Params({"type": Choice(("classic", "flexible"))}, required=("type",)),
        "currency": Text(3),
        "customer": Text(),
        "items": ListOf(Params(_ITEM)),
        "trial_period_days": Integer(0, 730),
    },
    required=("customer", "items"),
)
UPDATE = Params(
    {
        **_COMMON,
        "billing_cycle_anchor": Choice(("now", "unchanged")),
        "cancellation_details": Params({"comment": Text(unset=True), "feedback": Choice(FEEDBACK, unset=True)}),
        "items": ListOf(Params({**_ITEM, "deleted": Boolean(), "id": Text()})),
        "pause_collection": Params(
            {"behavior": Choice(("keep_as_draft", "mark_uncollectible", "void")), "resumes_at": Integer(0)},
            required=("behavior",),
            unset=True,
        ),
        "proration_date": Integer(0),
    }
)
PREVIEW_ITEMS = ListOf(
    Params({"deleted": Boolean(), "id": Text(), **{name: _ITEM[name] for name in ("metadata", "price", "quantity")}})
)
CANCEL = Params(
    {
        "cancellation_details": Params({"comment": Text(unset=True), "feedback": Choice(FEEDBACK, unset=True)}),
        "invoice_now": Boolean(),
        "prorate": Boolean(),
    }
)
RESUME = Params({"billing_cycle_anchor": Choice(("now", "unchanged"))})
