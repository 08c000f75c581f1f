"""A proof holds for what was sealed and for nothing else, whoever looks at how much of it."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import DecodeError, Message
from hypothesis import assume, given
from hypothesis import strategies as st
from payments_api.v1 import ledger_pb2, seal_pb2

from payments_client import ProofError, parse_public_keys, verify_seal_proof
from payments_service.application.sealing.keys import SealKeys, new_seal_key
from tests.unit.payments_client.sealed import PRIVATE, PUBLIC, TRUSTED, Sealed

SEALED = Sealed.of(5)
WHOLE = SEALED.shown(2)
OF_ALICE = SEALED.shown(2, "alice")


def copy(message: Any) -> Any:
    made = type(message)()
    made.CopyFrom(message)
    return made


@pytest.mark.parametrize("size", [*range(1, 18), 64, 100])
def test_every_transaction_of_a_seal_of_any_size_is_proved(size: int) -> None:
    sealed = Sealed.of(size)
    for place in range(size):
        proved = verify_seal_proof(*sealed.shown(place), TRUSTED)
        assert (proved.transaction_number, proved.whole) == (place + 1, True)


def test_an_owner_can_check_what_an_owner_sees() -> None:
    transaction, proof = OF_ALICE
    proved = verify_seal_proof(transaction, proof, TRUSTED)
    assert not proved.whole
    assert [posting.debit_account for posting in transaction.postings] == ["caller:alice:cash"] * 2
    hidden = [b"bob", b"shop"]
    assert all(word not in transaction.SerializeToString() + proof.SerializeToString() for word in hidden)


def test_the_keys_of_the_settings_can_be_read() -> None:
    assert parse_public_keys(f"{PUBLIC}, {new_seal_key('two')[1]}").keys() == {"one", "two"}
    assert parse_public_keys(PUBLIC) == dict(SealKeys([PRIVATE]).public)
    with pytest.raises(ValueError, match="is no public key"):
        parse_public_keys("one:AAAA")


def test_a_proof_needs_the_key_that_signed_it() -> None:
    with pytest.raises(ProofError, match="not one of those given"):
        verify_seal_proof(*WHOLE, {})
    with pytest.raises(ProofError, match="signature"):
        verify_seal_proof(*WHOLE, parse_public_keys(new_seal_key("one")[1]))


def changed(change: Callable[[Any], object]) -> ledger_pb2.LedgerTransaction:
    transaction: ledger_pb2.LedgerTransaction = copy(WHOLE[0])
    change(transaction)
    assert transaction != WHOLE[0]
    return transaction


@pytest.mark.parametrize(
    "change",
    [
        lambda t: setattr(t, "id", t.id[:-1] + ("1" if t.id.endswith("0") else "0")),
        lambda t: setattr(t, "id", "lt_x"),
        lambda t: setattr(t, "reference", "order-4"),
        lambda t: setattr(t, "kind", ledger_pb2.LEDGER_TRANSACTION_KIND_HOLD),
        lambda t: setattr(t, "kind", 99),
        lambda t: setattr(t, "target_transaction_id", ""),
        lambda t: setattr(t, "description", ""),
        lambda t: setattr(t, "actor", "thief"),
        lambda t: t.metadata.update({"c": "3"}),
        lambda t: t.metadata.clear(),
        lambda t: setattr(t.effective_time, "nanos", 0),
        lambda t: setattr(t.record_time, "seconds", 1),
        lambda t: setattr(t.record_time, "nanos", 1),
        lambda t: t.ClearField("expire_time"),
        lambda t: t.postings.pop(),
        lambda t: t.postings.add(),
        lambda t: setattr(t.postings[0].amount, "amount_minor", 101),
        lambda t: setattr(t.postings[0].amount, "currency_code", "eur"),
        lambda t: setattr(t.postings[0], "debit_account", "caller:bob:cash"),
        lambda t: setattr(t.postings[0], "credit_account", ""),
        lambda t: setattr(t.postings[0], "added_by_ledger", True),
        lambda t: setattr(t.postings[1], "added_by_ledger", False),
    ],
)
def test_a_transaction_that_is_not_what_was_sealed_is_refused(change: Callable[[Any], object]) -> None:
    with pytest.raises(ProofError):
        verify_seal_proof(changed(change), WHOLE[1], TRUSTED)


def test_what_changes_later_is_not_under_the_seal() -> None:
    later = copy(WHOLE[0])
    later.postings[0].remaining.amount_minor = 1
    later.pending_state = ledger_pb2.PENDING_STATE_VOIDED
    assert verify_seal_proof(later, WHOLE[1], TRUSTED).whole


def test_the_proof_of_another_transaction_is_none() -> None:
    with pytest.raises(ProofError):
        verify_seal_proof(WHOLE[0], SEALED.shown(1)[1], TRUSTED)


def test_what_is_kept_from_a_caller_cannot_be_shown_with_it() -> None:
    shown = (ledger_pb2.LedgerTransaction(actor="thief"), ledger_pb2.LedgerTransaction(metadata={"a": "1"}))
    for added in shown:
        transaction = copy(OF_ALICE[0])
        transaction.MergeFrom(added)
        with pytest.raises(ProofError, match="metadata or an actor"):
            verify_seal_proof(transaction, OF_ALICE[1], TRUSTED)


@given(st.sampled_from([WHOLE, OF_ALICE]), st.integers(0, 10_000), st.integers(1, 255))
def test_a_proof_with_any_byte_changed_is_refused(
    shown: tuple[ledger_pb2.LedgerTransaction, seal_pb2.SealProof], place: int, mask: int
) -> None:
    transaction, proof = shown
    raw = bytearray(proof.SerializeToString(deterministic=True))
    raw[place % len(raw)] ^= mask
    tampered = seal_pb2.SealProof()
    try:
        tampered.ParseFromString(bytes(raw))
    except DecodeError:
        return
    tampered.DiscardUnknownFields()
    assume(tampered != proof)
    with pytest.raises(ProofError):
        verify_seal_proof(transaction, tampered, TRUSTED)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.parts.pop(),
        lambda p: p.parts.add(hash=bytes(32)),
        lambda p: p.parts.append(p.parts[-1]),
        lambda p: p.audit_path.pop(),
        lambda p: p.audit_path.append(bytes(32)),
        lambda p: p.audit_path.reverse(),
        lambda p: setattr(p, "encoding_version", 2),
        lambda p: setattr(p.parts[5], "salt", bytes(32)),
        lambda p: p.parts[0].ClearField("salt"),
        lambda p: setattr(p.parts[0], "hash", bytes(32)),
        lambda p: p.parts[6].ClearField("entry"),
        lambda p: p.parts[0].entry.SetInParent(),
        lambda p: p.ClearField("seal"),
        lambda p: setattr(p.seal, "root", b"short"),
    ],
)
def test_a_proof_of_another_shape_is_refused(change: Callable[[Any], object]) -> None:
    proof: Message = copy(WHOLE[1])
    change(proof)
    with pytest.raises(ProofError):
        verify_seal_proof(WHOLE[0], proof, TRUSTED)  # type: ignore[arg-type]  # a copy of one
