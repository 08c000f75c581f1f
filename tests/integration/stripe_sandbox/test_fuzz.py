"""Whatever comes in over the API, the answer is Stripe's and never a failure of the sandbox."""

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stripe_sandbox.app import create_app
from stripe_sandbox.http.params import Field, Params
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.resources.catalogue import ENDPOINTS
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings
from tests.integration.stripe_sandbox.billing import a_customer, a_price, subscribe
from tests.integration.stripe_sandbox.harness import open_account

PLACEHOLDERS = ("ACCOUNT", "CHARGE", "CUSTOMER", "INTENT", "INVOICE", "PRICE", "PRODUCT", "SUBSCRIPTION", "TRANSFER")
VALUES = st.one_of(
    st.sampled_from(
        ["", "1", "-1", "true", "usd", "pm_card_visa", "pm_card_chargeDeclined", "automatic", "manual", "card"]
    ),
    st.sampled_from(PLACEHOLDERS),
    st.text(max_size=12),
    st.integers().map(str),
)


def names_of(fields: dict[str, Field]) -> set[str]:
    """The names of parameters, those one level deeper with their brackets."""
    names = set(fields)
    for name, field in fields.items():
        if isinstance(field, Params):
            names |= {f"{name}[{inner}]" for inner in field.fields}
    return names


NAMES = sorted(
    {name for endpoint in ENDPOINTS for name in names_of(dict(endpoint.params.fields))} | {"expand", "nonsense"}
)
KEYS = st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "[]", "[0]", "[a]", "[enabled]", "[card]", "[gte]"]))
LIKELY_KEYS = st.sampled_from(NAMES)
FORMS = st.dictionaries(st.one_of(LIKELY_KEYS, KEYS.map("".join)), VALUES, max_size=8)
CALLS = st.tuples(st.sampled_from(ENDPOINTS), FORMS, st.booleans(), st.booleans())
PAY = {"amount": "1000", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa", "off_session": "true"}


async def begin(api: httpx.AsyncClient) -> dict[str, str]:
    """One object of each sort that a call may name: its id by the part of the path or the placeholder."""
    account = await open_account(api)
    terms = {"transfer_data[destination]": account, "application_fee_amount": "100", "capture_method": "automatic"}
    intent = (await api.post("/v1/payment_intents", data={**PAY, **terms, "expand[]": "latest_charge"})).json()
    charge = intent["latest_charge"]
    refund = (await api.post("/v1/refunds", data={"charge": charge["id"], "amount": "1"})).json()
    dispute = (await api.post(f"/_sandbox/charges/{charge['id']}/dispute")).json()
    at_once = {"payment_method": "pm_card_bypassPending", "capture_method": "automatic"}
    await api.post("/v1/payment_intents", data={**PAY, **at_once})
    payout = (await api.post("/v1/payouts", data={"amount": "100", "currency": "usd"})).json()
    topup = (await api.post("/v1/topups", data={"amount": "100", "currency": "usd"})).json()
    customer, price = await a_customer(api), await a_price(api)
    subscription = await subscribe(api, customer, price, payment_behavior="default_incomplete")
    product = (await api.get(f"/v1/prices/{price}")).json()["product"]
    setup = (await api.post("/v1/setup_intents", data={"customer": customer})).json()
    item = {"customer": customer, "amount": "500", "currency": "usd"}
    waiting = (await api.post("/v1/invoiceitems", data=item)).json()
    return {
        "ACCOUNT": account,
        "CHARGE": charge["id"],
        "CUSTOMER": customer,
        "INTENT": intent["id"],
        "INVOICE": subscription["latest_invoice"],
        "PRICE": price,
        "PRODUCT": product,
        "SUBSCRIPTION": subscription["id"],
        "TRANSFER": charge["transfer"],
        "accounts": account,
        "application_fees": charge["application_fee"],
        "charges": charge["id"],
        "disputes": dispute["id"],
        "payouts": payout["id"],
        "customers": customer,
        "invoiceitems": waiting["id"],
        "invoices": subscription["latest_invoice"],
        "payment_intents": intent["id"],
        "plans": price,
        "prices": price,
        "products": product,
        "refunds": refund["id"],
        "topups": topup["id"],
        "setup_intents": setup["id"],
        "subscriptions": subscription["id"],
        "transfers": charge["transfer"],
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CALLS, min_size=1, max_size=8))
async def test_any_parameters_on_any_endpoint_get_an_answer_in_stripes_form(
    calls: list[tuple[Endpoint, dict[str, str], bool, bool]],
) -> None:
    transport = httpx.ASGITransport(create_app(SandboxSettings(log_level="error", seed=1)))
    auth = (DEFAULT_API_KEY, "")
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", auth=auth) as api:
        ids = await begin(api)
        for endpoint, form, known, connected in calls:
            collection = endpoint.pattern.split("/")[2]
            identifier = ids.get(collection, ids["INTENT"]) if known else "x_1"
            path = endpoint.pattern.replace("{id}", identifier)
            filled = {name: ids.get(value, value) for name, value in form.items()}
            headers = {"stripe-account": ids["ACCOUNT"]} if connected else {}
            reply = await api.request(endpoint.method, path, params=filled, headers=headers)
            assert reply.status_code < 500, reply.text
            assert ("error" in reply.json()) == (reply.status_code >= 400)
        assert (await api.get("/_sandbox/state")).status_code == 200
