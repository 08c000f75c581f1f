"""Seals follow one another: nothing can be taken out, put in, or signed by somebody else."""

import pytest
from payments_api.v1 import seal_pb2

from payments_client import ProofError, verify_seal_chain
from payments_service.application.sealing.keys import SealKeys, new_seal_key
from tests.unit.payments_client.sealed import TRUSTED, Sealed

FIRST = Sealed.of(3)
SECOND = Sealed.of(2, FIRST.seal)
THIRD = Sealed.of(1, SECOND.seal)
CHAIN = [FIRST.message, SECOND.message, THIRD.message]


def test_a_chain_is_followed_from_its_beginning_or_from_where_one_had_come() -> None:
    assert verify_seal_chain(CHAIN, TRUSTED) == CHAIN[2]
    assert verify_seal_chain(CHAIN[2:], TRUSTED, after=CHAIN[1]) == CHAIN[2]
    assert verify_seal_chain([], TRUSTED, after=CHAIN[1]) == CHAIN[1]
    assert verify_seal_chain([], TRUSTED) is None


def other(*, of: Sealed | None = None) -> seal_pb2.LedgerSeal:
    """A seal by another key that has the same name."""
    keys = SealKeys([new_seal_key("one")[0]])
    return Sealed.of(2, of.seal if of else None, keys).message


@pytest.mark.parametrize(
    ("seals", "says"),
    [
        ([CHAIN[0], CHAIN[2]], "seal 3 does not follow seal 1"),
        (CHAIN[1:], "seal 2 does not follow seal 0"),
        ([CHAIN[0], CHAIN[0]], "seal 1 does not follow seal 1"),
        ([CHAIN[1], CHAIN[0]], "does not follow"),
        ([CHAIN[0], other(of=FIRST)], "signature"),
        ([CHAIN[0], Sealed.of(2, Sealed.of(4).seal).message], "seal 2 does not follow seal 1"),
    ],
)
def test_a_chain_that_is_not_whole_is_refused(seals: list[seal_pb2.LedgerSeal], says: str) -> None:
    with pytest.raises(ProofError, match=says):
        verify_seal_chain(seals, TRUSTED)
