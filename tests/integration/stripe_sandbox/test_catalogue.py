"""Products, prices and plans: what is told of them, and what cannot be."""

from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import a_price, events_since, get, post
from tests.integration.stripe_sandbox.harness import types_of_events


async def test_a_product_lives_and_is_told_of(raw: httpx.AsyncClient) -> None:
    product = await post(raw, "/v1/products", {"name": "Song", "images[]": "https://example.com/a.png"})
    path = f"/v1/products/{product['id']}"
    changed = await post(raw, path, {"description": "Three minutes", "metadata[k]": "v"})
    assert (changed["description"], changed["metadata"]) == ("Three minutes", {"k": "v"})
    assert await post(raw, path, {"description": "Three minutes"}) == changed
    assert (await raw.delete(path)).json() == {"id": product["id"], "object": "product", "deleted": True}
    assert await types_of_events(raw) == ["product.created", "product.updated", "product.deleted"]
    assert (await get(raw, "/v1/products"))["data"] == []
    await post(raw, path, {"name": "Gone"}, 404)
    assert (await raw.get(path)).status_code == 404


async def test_a_product_with_prices_is_not_deleted(raw: httpx.AsyncClient) -> None:
    form = {"name": "Song", "default_price_data[currency]": "usd", "default_price_data[unit_amount]": "99"}
    product = await post(raw, "/v1/products", {**form, "expand[]": "default_price"})
    assert (product["default_price"]["unit_amount"], product["default_price"]["type"]) == (99, "one_time")
    assert (await raw.delete(f"/v1/products/{product['id']}")).status_code == 400


async def test_a_recurring_price_is_a_plan_too(raw: httpx.AsyncClient) -> None:
    identifier = await a_price(raw, 1_500)
    assert await types_of_events(raw) == ["product.created", "plan.created", "price.created"]
    plan = await get(raw, f"/v1/plans/{identifier}")
    assert (plan["amount"], plan["interval"], plan["object"]) == (1_500, "month", "plan")
    await post(raw, f"/v1/plans/{identifier}", {"nickname": "fans"})
    assert (await get(raw, f"/v1/prices/{identifier}"))["nickname"] == "fans"
    seen = await types_of_events(raw)
    await post(raw, f"/v1/prices/{identifier}", {"active": "false"})
    assert (await raw.delete(f"/v1/plans/{identifier}")).json()["deleted"] is True
    assert await events_since(raw, seen) == ["plan.updated", "price.updated", "plan.deleted", "price.deleted"]
    assert (await get(raw, "/v1/plans"))["data"] == (await get(raw, "/v1/prices"))["data"] == []


async def test_a_lookup_key_belongs_to_one_price(raw: httpx.AsyncClient) -> None:
    form = {"product_data[name]": "Song", "currency": "usd", "unit_amount": "99", "lookup_key": "song"}
    first = await post(raw, "/v1/prices", form)
    await post(raw, "/v1/prices", form, 400)
    second = await post(raw, "/v1/prices", {**form, "transfer_lookup_key": "true"})
    found = (await get(raw, "/v1/prices", **{"lookup_keys[]": "song"}))["data"]
    assert [price["id"] for price in found] == [second["id"]]
    assert (await get(raw, f"/v1/prices/{first['id']}"))["lookup_key"] is None


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"currency": "xxx"}, "currency"),
        ({"recurring[interval]": "month", "recurring[interval_count]": "37"}, "recurring[interval_count]"),
        ({"product": "prod_none", "product_data": None}, "product"),
        ({"unit_amount": None}, "unit_amount"),
        ({"billing_scheme": "tiered"}, "billing_scheme"),
        ({"recurring[interval]": "month", "recurring[usage_type]": "metered"}, "recurring[usage_type]"),
    ],
)
async def test_a_price_that_cannot_be_is_refused(raw: httpx.AsyncClient, form: dict[str, Any], param: str) -> None:
    whole = {"product_data[name]": "Song", "currency": "usd", "unit_amount": "99", **form}
    if "product_data" in form:
        del whole["product_data[name]"]
    given = {name: value for name, value in whole.items() if value is not None}
    refused = await post(raw, "/v1/prices", given, 400)
    assert refused["error"]["param"] == param
