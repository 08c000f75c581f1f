"""What a parent tells its processes arrives unchanged."""

import pytest

from payments_service.config import Settings, load_settings
from payments_service.transport.addresses import Addresses
from payments_service.transport.application import Application
from payments_service.transport.orders import Orders

ADDRESSES = Addresses("127.0.0.1:1", "127.0.0.1:2")


async def make_application(settings: Settings) -> Application:
    raise NotImplementedError


def test_settings_arrive_as_they_are_secrets_included() -> None:
    settings = load_settings(
        {},
        auth_key="k" * 32,
        auth_algorithms="RS256, HS256",
        auth_role_scopes='{"clerk": ["payments.read"]}',
        encryption_keys="one:a2V5,two:a2V5",
        data_dir="somewhere",
        metrics_address="",
    )
    orders = Orders.from_line(Orders.of(settings, make_application, ADDRESSES).to_line())
    assert orders.load_settings().model_dump() == settings.model_dump()
    assert orders.addresses == ADDRESSES


def test_orders_are_one_line() -> None:
    settings = load_settings({}, auth_key="-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----")
    assert Orders.of(settings, make_application, ADDRESSES).to_line().count(b"\n") == 1


def test_the_factory_is_found_again_by_its_name() -> None:
    orders = Orders("payments_service.config:load_settings", ADDRESSES, {})
    found: object = orders.load_factory()
    assert found is load_settings


def test_a_factory_that_no_other_process_could_find_is_refused() -> None:
    async def local(settings: Settings) -> Application:
        raise NotImplementedError

    with pytest.raises(ValueError, match="at the top of a module"):
        Orders.of(load_settings({}), local, ADDRESSES)
