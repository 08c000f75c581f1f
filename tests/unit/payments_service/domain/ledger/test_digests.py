"""A digest is found again from what the books hold, whatever the request left to the ledger, and from nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments_service.domain.ledger.digests import has_its_digest
from payments_service.domain.ledger.outcome import Posted
from payments_service.domain.ledger.transaction import SETTLING_INDEX_FIRST, PostRequest, TransactionKind
from tests.unit.payments_service.domain.ledger.examples import NOW, account, new_uuid, posting, request, run

POST = request(posting("a", "b", 100), posting("b", "c", 30), description="sold", metadata={"z": "1", "a": "2"})
HOLD = request(
    posting("a", "b", 70), posting("a", "c", 5), kind=TransactionKind.HOLD, expire_time=NOW + timedelta(days=1)
)


def on(target: PostRequest, kind: TransactionKind, **fields: object) -> PostRequest:
    return request(kind=kind, target_id=target.transaction_id, **fields)


CAPTURE = on(HOLD, TransactionKind.CAPTURE, part_minor=(0, 5))
REQUESTS = {
    "as it is recorded": POST,
    "at a time of its own": replace(
        POST, transaction_id=new_uuid(), reference="late", effective_time=NOW - timedelta(days=3)
    ),
    "at the very time of recording": replace(POST, transaction_id=new_uuid(), reference="now", effective_time=NOW),
    "a hold": HOLD,
    "a part of a hold": CAPTURE,
    "the rest of a hold": on(HOLD, TransactionKind.CAPTURE, effective_time=NOW - timedelta(hours=1)),
    "all of a part of a hold, back": on(CAPTURE, TransactionKind.REVERSE, at_original_time=True),
    "a part back": on(POST, TransactionKind.REVERSE, part_minor=(1, 0)),
    "a part back at its time": on(POST, TransactionKind.REVERSE, part_minor=(0, 2), at_original_time=True),
    "what is left, back": on(POST, TransactionKind.REVERSE),
}


@pytest.fixture(scope="module")
def posted() -> dict[str, Posted]:
    decision = run([account("a"), account("b"), account("c")], *REQUESTS.values())
    found = dict(zip(REQUESTS, decision.outcomes, strict=True))
    return {name: outcome for name, outcome in found.items() if isinstance(outcome, Posted)}


def indices(posted: dict[str, Posted], one: Posted) -> list[int]:
    """Which postings the target of a transaction has."""
    entries = [entry for other in posted.values() for entry in other.entries]
    found = {entry.posting_index for entry in entries if entry.transaction_id == one.transaction.target_id}
    return sorted(index for index in found if index < SETTLING_INDEX_FIRST)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_digest_is_that_of_the_content(posted: dict[str, Posted], name: str) -> None:
    one = posted[name]
    assert has_its_digest(one.transaction, one.sides, indices(posted, one))


@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_that_of_no_other_content(posted: dict[str, Posted], name: str) -> None:
    one = posted[name]
    of_target = indices(posted, one)
    later = one.transaction.effective_time + timedelta(microseconds=1)
    for changed in (
        replace(one.transaction, description="other"),
        replace(one.transaction, metadata={"other": "1"}),
        replace(one.transaction, digest=bytes(32)),
        replace(one.transaction, target_id=new_uuid()),
    ):
        assert not has_its_digest(changed, one.sides, of_target), changed
    if not one.transaction.target_id:
        assert not has_its_digest(replace(one.transaction, effective_time=later), one.sides, of_target)
        dearer = [(holder, entry._replace(amount_minor=entry.amount_minor + 1)) for holder, entry in one.sides]
        assert not has_its_digest(one.transaction, dearer, of_target)
        assert not has_its_digest(one.transaction, one.sides[2:], of_target)
