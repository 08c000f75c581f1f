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
