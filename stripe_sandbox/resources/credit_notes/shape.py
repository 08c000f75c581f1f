"""The credit note as an object, and its parameters: https://docs.stripe.com/api/credit_notes/object."""

from stripe_sandbox.http.errors import conflict, invalid, missing_parameter
from stripe_sandbox.http.params import Choice, Field, Integer, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.prices.making import UNIT_AMOUNT_MAX
from stripe_sandbox.state.scope import Scope

_REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")
_AMOUNT = Integer(0, UNIT_AMOUNT_MAX)
_FIELDS: dict[str, Field] = {
    "amount": _AMOUNT,
    "credit_amount": _AMOUNT,
    "invoice": Text(),
    "lines": ListOf(
        Params(
            {
                "amount": _AMOUNT,
                "description": Text(),
                "invoice_line_item": Text(),
                "quantity": Integer(1),
                "type": Choice(("custom_line_item", "invoice_line_item")),
                "unit_amount": _AMOUNT,
            },
            required=("type",),
        )
    ),
    "memo": Text(),
    "metadata": Metadata(),
    "out_of_band_amount": _AMOUNT,
    "reason": Choice(_REASONS),
    "refund_amount": _AMOUNT,
}
CREATE = Params(_FIELDS, required=("invoice",))
UPDATE = Params({"memo": Text(), "metadata": Metadata()})


def new_note(scope: Scope, invoice: JsonObject, params: JsonObject, number: int) -> JsonObject:
    """A credit note, not yet recorded.

    Raises:
        StripeError: 400, its lines have no amount, or it has none.
    """
    identifier = scope.world.ids.new("cn")
    lines = [_line(scope, invoice, line, f"lines[{at}]") for at, line in enumerate(params.get("lines", []))]
    amount = sum(int(line["amount"]) for line in lines) if lines else params.get("amount", 0)
    if lines and params.get("amount", amount) != amount:
        raise invalid("The amount of a credit note must be the sum of its lines.", param="amount")
    if amount <= 0:
        raise missing_parameter("amount")
    return {
        "id": identifier,
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": scope.now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": scope.now,
        "invoice": invoice["id"],
        "lines": {
            "object": "list",
            "data": lines,
            "has_more": False,
            "url": f"/v1/credit_notes/{identifier}/lines",
        },
        "livemode": False,
        "memo": params.get("memo"),
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "number": f"{invoice['number']}-CN-{number:02d}",
        "out_of_band_amount": params.get("out_of_band_amount"),
        "pdf": f"{invoice['hosted_invoice_url']}/credit_notes/{identifier}/pdf",
        "post_payment_amount": 0,
        "pre_payment_amount": 0,
        "pretax_credit_amounts": [],
        "reason": params.get("reason"),
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "pre_payment",
        "voided_at": None,
    }


def _line(scope: Scope, invoice: JsonObject, given: JsonObject, param: str) -> JsonObject:
    of_invoice = given["type"] == "invoice_line_item"
    source: JsonObject = _named_line(invoice, given, param) if of_invoice else {}
    if "unit_amount" in given:
        amount = given["unit_amount"] * given.get("quantity", 1)
    elif "amount" in given:
        amount = given["amount"]
    elif of_invoice:
        quantity = given.get("quantity", source["quantity"])
        amount = source["amount"] * quantity // max(1, source["quantity"])
    else:
        raise missing_parameter(f"{param}[unit_amount]")
    unit = given.get("unit_amount")
    return {
        "id": scope.world.ids.new("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": given.get("description", source.get("description")),
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": given.get("quantity", source.get("quantity", 1)),
        "tax_rates": [],
        "taxes": [],
        "type": given["type"],
        "unit_amount": unit,
        "unit_amount_decimal": None if unit is None else str(unit),
        **({"invoice_line_item": source["id"]} if of_invoice else {}),
    }


def _named_line(invoice: JsonObject, given: JsonObject, param: str) -> JsonObject:
    if "invoice_line_item" not in given:
        raise missing_parameter(f"{param}[invoice_line_item]")
    for line in invoice["lines"]["data"]:
        if line["id"] == given["invoice_line_item"]:
            found: JsonObject = line
            return found
    message = f"No such invoice line item: '{given['invoice_line_item']}'"
    raise conflict(message, code="resource_missing", param=f"{param}[invoice_line_item]")
