"""From method and path to an endpoint."""

import pytest

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.routing import Endpoint, Router
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.catalogue import ENDPOINTS


def never(_: Call) -> JsonObject:
    raise NotImplementedError


ROUTER = Router(
    [
        Endpoint("GET", "/v1/things", never),
        Endpoint("GET", "/v1/things/{id}", never),
        Endpoint("GET", "/v1/things/search", never),
        Endpoint("POST", "/v1/things/{id}/do", never),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "pattern"),
    [
        ("GET", "/v1/things", "/v1/things"),
        ("GET", "/v1/things/t_1", "/v1/things/{id}"),
        ("GET", "/v1/things/search", "/v1/things/search"),
        ("POST", "/v1/things/t_1/do", "/v1/things/{id}/do"),
        ("POST", "/v1/things", None),
        ("GET", "/v1/things/t_1/do/more", None),
        ("GET", "/v1/things//do", None),
        ("GET", "/v2/things", None),
    ],
)
def test_a_path_finds_its_endpoint_or_none(method: str, path: str, pattern: str | None) -> None:
    found = ROUTER.find(method, path)
    assert (found and found[0].pattern) == pattern


def test_names_in_the_path_get_their_values() -> None:
    found = ROUTER.find("POST", "/v1/things/t_7/do")
    assert found is not None
    assert found[1] == {"id": "t_7"}


def test_an_endpoint_declared_twice_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Router([*ENDPOINTS, ENDPOINTS[0]])
