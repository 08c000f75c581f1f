"""Who acts for whom, and what identifies an idempotency key."""

from dataclasses import replace

import pytest

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import claim_digest
from payments_service.domain.errors import PaymentsError, Reason

BACKEND = Principal("shop", frozenset())
ALICE = Principal("idp|alice", frozenset(), owner_ids=frozenset({"alice"}))
FAMILY = Principal("idp|bob", frozenset(), owner_ids=frozenset({"bob", "carol"}))
NOBODY = Principal("idp|new", frozenset(), owner_ids=frozenset())


def test_a_backend_acts_for_everybody() -> None:
    assert BACKEND.sees("alice")
    assert BACKEND.acting_owner("alice") == "alice"
    assert BACKEND.acting_owner("") == ""


def test_a_user_acts_for_itself_without_saying_so() -> None:
    assert ALICE.acting_owner("") == "alice"
    assert ALICE.acting_owner("alice") == "alice"
    assert ALICE.sees("alice")
    assert not ALICE.sees("bob")
    assert not ALICE.sees("")


def test_a_user_cannot_act_for_another() -> None:
    with pytest.raises(PaymentsError) as raised:
        ALICE.acting_owner("bob")

    assert raised.value.reason is Reason.SCOPE_MISSING


@pytest.mark.parametrize("principal", [FAMILY, NOBODY])
def test_a_token_of_several_owners_or_none_must_say_which(principal: Principal) -> None:
    with pytest.raises(PaymentsError) as raised:
        principal.acting_owner("")

    assert raised.value.violations[0].field == "owner_id"


def test_a_token_of_no_owner_sees_nothing() -> None:
    assert not any(NOBODY.sees(owner) for owner in ("alice", "bob", ""))


@pytest.mark.parametrize(
    ("principal", "asked", "shown"),
    [
        (BACKEND, "", None),
        (BACKEND, "alice", {"alice"}),
        (ALICE, "", {"alice"}),
        (ALICE, "alice", {"alice"}),
        (ALICE, "bob", set()),
        (FAMILY, "", {"bob", "carol"}),
        (FAMILY, "carol", {"carol"}),
        (NOBODY, "", set()),
        (NOBODY, "alice", set()),
    ],
)
def test_a_list_shows_the_owners_that_were_asked_for_as_far_as_they_are_the_callers(
    principal: Principal, asked: str, shown: set[str] | None
) -> None:
    assert principal.among(asked) == shown


def test_what_a_list_shows_can_be_seen_one_by_one() -> None:
    for principal in (ALICE, FAMILY, NOBODY):
        assert all(principal.sees(owner) for owner in principal.among("") or ())


def test_the_keys_of_one_callers_different_users_are_kept_apart() -> None:
    scopes = [principal.key_scope for principal in (BACKEND, ALICE, FAMILY)]

    assert scopes == ["", '["alice"]', '["bob", "carol"]']
    turned = Principal("idp|bob", frozenset(), owner_ids=frozenset(["carol", "bob"]))
    assert turned.key_scope == FAMILY.key_scope
    joined = Principal("idp|bob", frozenset(), owner_ids=frozenset(["bob,carol"]))
    nobody = Principal("idp|bob", frozenset(), owner_ids=frozenset())
    assert len({joined.key_scope, nobody.key_scope, *scopes}) == 5


def test_a_key_is_one_caller_owner_method_and_text() -> None:
    request = IdempotentRequest("a", "m", "k", b"f", "r")
    digests = {
        claim_digest(request, "o"),
        claim_digest(replace(request, caller="b"), "o"),
        claim_digest(replace(request, method="n"), "o"),
        claim_digest(replace(request, key="l"), "o"),
        claim_digest(request, "p"),
        claim_digest(replace(request, caller="ao", key="k"), ""),
    }

    assert len(digests) == 6
    assert claim_digest(replace(request, fingerprint=b"g", request_id="s"), "o") == claim_digest(request, "o")
