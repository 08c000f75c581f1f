"""What a call that makes or changes an invoice or an invoice item may carry."""

from stripe_sandbox.http.params import Boolean, Choice, Field, Integer, ListOf, Metadata, Params, Text
from stripe_sandbox.resources.prices.making import PRICE_DATA, UNIT_AMOUNT_MAX

COLLECTION_METHODS = ("charge_automatically", "send_invoice")
PERIOD = Params({"end": Integer(0), "start": Integer(0)}, required=("end", "start"))
_CUSTOM_FIELDS = ListOf(Params({"name": Text(40), "value": Text(140)}, required=("name", "value")))
_TERMS: dict[str, Field] = {
    "application_fee_amount": Integer(0),
    "on_behalf_of": Text(),
    "transfer_data": Params({"amount": Integer(1), "destination": Text()}, required=("destination",)),
}
_COMMON: dict[str, Field] = {
    **_TERMS,
    "auto_advance": Boolean(),
    "collection_method": Choice(COLLECTION_METHODS),
    "custom_fields": _CUSTOM_FIELDS,
    "days_until_due": Integer(0),
    "default_payment_method": Text(unset=True),
    "description": Text(1_500, unset=True),
    "due_date": Integer(0),
    "footer": Text(5_000, unset=True),
    "metadata": Metadata(),
    "statement_descriptor": Text(22, unset=True),
}
UPDATE = Params(_COMMON)
CREATE = UPDATE.extended(
    {
        "currency": Text(3),
        "customer": Text(),
        "pending_invoice_items_behavior": Choice(("exclude", "include")),
        "subscription": Text(),
    }
)
PAY = Params(
    {
        "forgive": Boolean(),
        "off_session": Boolean(),
        "paid_out_of_band": Boolean(),
        "payment_method": Text(),
    }
)
FINALIZE = Params({"auto_advance": Boolean()})

_ITEM: dict[str, Field] = {
    "amount": Integer(-UNIT_AMOUNT_MAX, UNIT_AMOUNT_MAX),
    "description": Text(unset=True),
    "discountable": Boolean(),
    "metadata": Metadata(),
    "period": PERIOD,
    "price_data": PRICE_DATA.extended({"product": Text()}),
    "pricing": Params({"price": Text()}, required=("price",)),
    "quantity": Integer(0),
}
ITEM_UPDATE = Params(_ITEM)
ITEM_CREATE = Params(
    {**_ITEM, "currency": Text(3), "customer": Text(), "invoice": Text(), "subscription": Text()},
    required=("customer",),
)
PREVIEW_ITEM = Params({name: field for name, field in _ITEM.items() if name != "price_data"} | {"currency": Text(3)})
"""A preview makes nothing, so it takes only prices that are there."""
