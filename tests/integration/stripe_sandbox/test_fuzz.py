"""Whatever comes in over the API, the answer is Stripe's and never a failure of the sandbox."""

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stripe_sandbox.app import create_app
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.resources.catalogue import ENDPOINTS
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings

VALUES = st.one_of(
    st.sampled_from(
        ["", "1", "-1", "true", "usd", "pm_card_visa", "pm_card_chargeDeclined", "automatic", "manual", "card"]
    ),
    st.text(max_size=12),
    st.integers().map(str),
)
NAMES = sorted({name for endpoint in ENDPOINTS for name in endpoint.params.fields} | {"expand", "nonsense"})
KEYS = st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "[]", "[0]", "[a]", "[enabled]", "[card]", "[gte]"]))
FORMS = st.dictionaries(KEYS.map("".join), VALUES, max_size=8)
PAY = {"amount": "1000", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa", "off_session": "true"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(ENDPOINTS), FORMS, st.booleans()), min_size=1, max_size=8))
async def test_any_parameters_on_any_endpoint_get_an_answer_in_stripes_form(
    calls: list[tuple[Endpoint, dict[str, str], bool]],
) -> None:
    transport = httpx.ASGITransport(create_app(SandboxSettings(log_level="error", seed=1)))
    auth = (DEFAULT_API_KEY, "")
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", auth=auth) as api:
        intent = (await api.post("/v1/payment_intents", data=PAY)).json()
        for endpoint, form, known in calls:
            path = endpoint.pattern.replace("{id}", intent["id"] if known else "x_1")
            reply = await api.request(endpoint.method, path, params=form)
            assert reply.status_code < 500, reply.text
            assert ("error" in reply.json()) == (reply.status_code >= 400)
