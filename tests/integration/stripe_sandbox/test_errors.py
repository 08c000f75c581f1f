"""Stripe's refusals on the wire, byte by byte where a client depends on it."""

from typing import Any

import httpx
import pytest

INVALID = "invalid_request_error"


async def refused(raw: httpx.AsyncClient, form: dict[str, str], path: str = "/v1/payment_intents") -> dict[str, Any]:
    reply = await raw.post(path, data=form)
    assert reply.status_code == 400, reply.text
    error: dict[str, Any] = reply.json()["error"]
    assert error["type"] == INVALID
    return error


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"payment_method_types[]": "card"}, "parameter_unknown", "payment_method_types"),
        ({"radar_options[session]": "rse_1"}, "parameter_unknown", "radar_options"),
        ({"automatic_payment_methods[x]": "1"}, "parameter_unknown", "automatic_payment_methods[x]"),
        ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
        ({"amount": "-5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "49"}, "amount_too_small", "amount"),
        ({"amount": "100000000"}, "amount_too_large", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"currency": "isk", "amount": "150"}, None, "amount"),
        ({"currency": "kwd", "amount": "1001"}, None, "amount"),
        ({"confirm": "perhaps"}, None, "confirm"),
        ({"capture_method": "later"}, None, "capture_method"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"payment_method": "pm_none"}, "resource_missing", "payment_method"),
        ({"payment_method": "card_1"}, "resource_missing", "payment_method"),
        ({"expand[]": "nonsense"}, None, "expand"),
        ({"expand[]": "a.b.c.d.e"}, None, "expand"),
        ({"statement_descriptor": "SHOP"}, None, "statement_descriptor"),
    ],
)
async def test_wrong_parameters_are_refused_by_name(
    raw: httpx.AsyncClient, form: dict[str, str], change: dict[str, str], code: str | None, param: str
) -> None:
    error = await refused(raw, {**form, **change})
    assert (error.get("code"), error.get("param")) == (code, param)
    assert error["message"]


async def test_what_is_missing_is_named(raw: httpx.AsyncClient) -> None:
    error = await refused(raw, {"currency": "usd"})
    assert error["message"] == "Missing required param: amount."
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/parameter-missing"


async def test_refused_parameters_leave_nothing_behind(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await refused(raw, {**form, "amount": "1"})
    await refused(raw, {**form, "statement_descriptor": "SHOP"})
    assert (await raw.get("/v1/payment_intents")).json()["data"] == []
    assert (await raw.get("/v1/events")).json()["data"] == []


async def test_a_payment_that_may_redirect_needs_a_return_url(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    form = {name: value for name, value in form.items() if not name.startswith("automatic_payment_methods")}
    error = await refused(raw, form)
    assert "you must provide a `return_url`" in error["message"]
    assert (await raw.post("/v1/payment_intents", data={**form, "return_url": "https://a.test"})).status_code == 200


async def test_what_only_makes_sense_with_confirm_is_refused_without(raw: httpx.AsyncClient) -> None:
    error = await refused(raw, {"amount": "100", "currency": "usd", "return_url": "https://a.test"})
    assert error["param"] == "return_url"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("PUT", "/v1/payment_intents"),
        ("GET", "/v2/core/accounts"),
        ("POST", "/v1/issuing/cards"),
    ],
)
async def test_an_unknown_path_is_an_unrecognized_url(raw: httpx.AsyncClient, method: str, path: str) -> None:
    reply = await raw.request(method, path)
    assert reply.status_code == 404
    assert reply.json()["error"]["message"].startswith(f"Unrecognized request URL ({method}: {path}).")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/payment_intents/pi_none",
        "/v1/charges/ch_none",
        "/v1/customers/cus_none",
        "/v1/payment_methods/pm_none",
        "/v1/balance_transactions/txn_none",
        "/v1/events/evt_none",
        "/v1/refunds/re_none",
        "/v1/webhook_endpoints/we_none",
    ],
)
async def test_an_unknown_object_is_missing(raw: httpx.AsyncClient, path: str) -> None:
    reply = await raw.get(path)
    assert reply.status_code == 404
    error = reply.json()["error"]
    assert (error["type"], error["code"]) == (INVALID, "resource_missing")
    assert error["message"].startswith("No such ")


async def test_without_a_key_nothing_is_told(raw: httpx.AsyncClient) -> None:
    for authorization in ("", "Bearer sk_test_wrong_1234567890", "Basic !!!", "Digest x"):
        reply = await raw.get("/v1/balance", headers={"authorization": authorization})
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == 'Basic realm="Stripe"'
        assert reply.json()["error"]["type"] == INVALID
        assert "wrong_12345" not in reply.text


async def test_a_key_may_come_as_basic_user_name(raw: httpx.AsyncClient) -> None:
    key = raw.headers["authorization"].removeprefix("Bearer ")
    del raw.headers["authorization"]
    assert (await raw.get("/v1/balance", auth=(key, ""))).status_code == 200


async def test_an_account_that_the_key_does_not_reach_is_forbidden(raw: httpx.AsyncClient) -> None:
    reply = await raw.get("/v1/balance", headers={"stripe-account": "acct_other"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "account_invalid")
    own = await raw.get("/v1/balance", headers={"stripe-account": "acct_1SandboxPlatform"})
    assert (own.status_code, own.headers["stripe-account"]) == (200, "acct_1SandboxPlatform")


async def test_the_version_is_echoed_and_an_unknown_one_refused(raw: httpx.AsyncClient) -> None:
    reply = await raw.get("/v1/balance")
    assert reply.headers["stripe-version"] == "2026-10-28.endive"
    assert reply.headers["request-id"].startswith("req_")
    other = await raw.get("/v1/balance", headers={"stripe-version": "2019-01-01"})
    assert (other.status_code, other.json()["error"]["type"]) == (400, INVALID)


async def test_without_a_version_the_accounts_older_one_still_takes_payment_method_types(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    del raw.headers["stripe-version"]
    form = {name: value for name, value in form.items() if not name.startswith("automatic_payment_methods")}
    reply = await raw.post("/v1/payment_intents", data={**form, "payment_method_types[]": "card"})
    assert (reply.status_code, reply.json()["status"]) == (200, "succeeded")
    assert reply.headers["stripe-version"] == "2025-03-31.basil"


async def test_a_body_that_is_too_large_is_refused(raw: httpx.AsyncClient) -> None:
    reply = await raw.post("/v1/customers", content=b"description=" + b"x" * (1 << 20))
    assert reply.status_code == 413


async def test_health_needs_no_key(raw: httpx.AsyncClient) -> None:
    del raw.headers["authorization"]
    assert (await raw.get("/healthz")).json() == {"status": "ok"}
