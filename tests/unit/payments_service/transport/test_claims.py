"""Claims of an identity provider become a principal as configured."""

import pytest

from payments_service.config import load_settings
from payments_service.transport.claims import principal_from

SETTINGS = load_settings({}, auth_role_scopes={"clerk": ["payments.read"], "boss": ["payments.read", "admin.read"]})


def test_without_an_owner_claim_the_caller_is_a_backend() -> None:
    assert principal_from({"sub": "shop"}, SETTINGS).owner_ids is None


@pytest.mark.parametrize(
    ("claim", "owners"),
    [("user-1", {"user-1"}), (["user-1", "user-2"], {"user-1", "user-2"}), ([], set()), ("", set()), (None, set())],
)
def test_an_owner_claim_limits_the_caller_even_when_it_is_empty(claim: object, owners: set[str]) -> None:
    assert principal_from({"sub": "shop", "owner_ids": claim}, SETTINGS).owner_ids == frozenset(owners)


def test_roles_bring_the_scopes_of_the_map_and_no_others() -> None:
    principal = principal_from({"sub": "shop", "roles": ["clerk", "unknown"], "scope": "fees.read"}, SETTINGS)
    assert principal.scopes == {"payments.read", "fees.read"}
    assert principal.roles == {"clerk", "unknown"}


def test_scopes_may_be_a_list() -> None:
    assert principal_from({"sub": "s", "scope": ["fees.read", "fees.admin"]}, SETTINGS).scopes == {
        "fees.read",
        "fees.admin",
    }


def test_claims_may_lie_deeper_and_the_owner_may_be_the_subject() -> None:
    settings = load_settings(
        {},
        auth_owner_claim="sub",
        auth_roles_claim="app_metadata.roles",
        auth_role_scopes={"authenticated": ["payments.write"]},
    )
    principal = principal_from({"sub": "user-1", "app_metadata": {"roles": ["authenticated"]}}, settings)
    assert principal.owner_ids == frozenset({"user-1"})
    assert principal.scopes == {"payments.write"}


def test_a_claim_with_a_dot_in_its_own_name_comes_first() -> None:
    settings = load_settings({}, auth_owner_claim="https://shop.example/owners")
    claims = {"sub": "s", "https://shop.example/owners": "user-1"}
    assert principal_from(claims, settings).owner_ids == frozenset({"user-1"})
