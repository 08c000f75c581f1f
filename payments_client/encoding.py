"""The canonical bytes of what is sealed, version 1: see docs/proof.md."""

import struct
from collections.abc import Mapping

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import ledger_pb2, seal_pb2

from payments_client.refusal import ProofError

KINDS = {
    ledger_pb2.LEDGER_TRANSACTION_KIND_POST: "post",
    ledger_pb2.LEDGER_TRANSACTION_KIND_HOLD: "hold",
    ledger_pb2.LEDGER_TRANSACTION_KIND_CAPTURE: "capture",
    ledger_pb2.LEDGER_TRANSACTION_KIND_VOID: "void",
    ledger_pb2.LEDGER_TRANSACTION_KIND_EXPIRE: "expire",
    ledger_pb2.LEDGER_TRANSACTION_KIND_REVERSE: "reverse",
}

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 26
_NANOS = 1_000
_NANOS_A_SECOND = 1_000_000_000
_SECONDS_MAX = 10**12


def header(transaction: ledger_pb2.LedgerTransaction) -> bytes:
    """Id, kind, target and times.

    Raises:
        ProofError: an id or the kind is none.
    """
    kind = KINDS.get(transaction.kind)
    if kind is None:
        raise ProofError(f"the transaction's kind {transaction.kind} is not known here: use a newer payments_client")
    target = transaction.target_transaction_id
    expires = transaction.HasField("expire_time")
    return b"".join(
        (
            identifier("lt", transaction.id),
            text(kind),
            optional(identifier("lt", target) if target else None),
            time(transaction.effective_time),
            time(transaction.record_time),
            optional(time(transaction.expire_time) if expires else None),
        )
    )


def entry(
    sealed: seal_pb2.SealedEntry, posting: ledger_pb2.Posting, transaction: ledger_pb2.LedgerTransaction
) -> bytes:
    """One entry, with the amount that its posting shows.

    Raises:
        ProofError: a figure or the account's id is none.
    """
    try:
        return b"".join(
            (
                struct.pack("!HBB", sealed.posting_index, sealed.side, sealed.effect),
                identifier("la", sealed.ledger_account_id),
                text(sealed.code),
                text(posting.amount.currency_code),
                struct.pack(
                    "!6q",
                    posting.amount.amount_minor,
                    sealed.version,
                    sealed.posted_debits_minor,
                    sealed.posted_credits_minor,
                    sealed.pending_debits_minor,
                    sealed.pending_credits_minor,
                ),
                time(transaction.record_time),
            )
        )
    except struct.error:
        raise ProofError("a figure of an entry is out of range") from None


def metadata(values: Mapping[str, str]) -> bytes:
    """Keys and values, by the bytes of the keys."""
    pairs = sorted((key.encode(), value.encode()) for key, value in values.items())
    return struct.pack("!I", len(pairs)) + b"".join(struct.pack("!I", len(raw)) + raw for pair in pairs for raw in pair)


def text(value: str) -> bytes:
    """A text behind its length."""
    raw = value.encode()
    return struct.pack("!I", len(raw)) + raw


def optional(raw: bytes | None) -> bytes:
    """What may be missing."""
    return b"\0" if raw is None else b"\1" + raw


def time(value: Timestamp) -> bytes:
    """Microseconds since 1970.

    Raises:
        ProofError: it has a fraction of one.
    """
    if value.nanos % _NANOS or not 0 <= value.nanos < _NANOS_A_SECOND or abs(value.seconds) > _SECONDS_MAX:
        raise ProofError("a time is not in whole microseconds")
    return struct.pack("!q", value.seconds * 1_000_000 + value.nanos // _NANOS)


def identifier(prefix: str, value: str) -> bytes:
    """The 16 bytes of an id, which is a prefix and 26 characters of Crockford's base32.

    Raises:
        ProofError: it is no such id.
    """
    head, _, body = value.partition("_")
    number = 0
    for character in body:
        place = _ALPHABET.find(character)
        if place < 0:
            raise ProofError(f"{value!r} is no id")
        number = number << 5 | place
    if head != prefix or len(body) != _ID_LENGTH or number >= 1 << 128:
        raise ProofError(f"{value!r} is no id that begins with {prefix}_")
    return number.to_bytes(16, "big")
