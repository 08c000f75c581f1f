"""Idempotency keys in Postgres. Stored outcomes are encrypted: they hold what callers were told."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import orjson
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.ports import Claim, CompletedKey, StoredOutcome
from payments_service.domain.errors import FieldViolation, PaymentsError, Reason
from payments_service.storage.cipher import Cipher
from payments_service.storage.ledger.arrays import PackedArray, byteas, uuids
from payments_service.storage.ledger.rows import Row
from payments_service.storage.tables.payments import idempotency_keys as t

FIND = """
SELECT digest, fingerprint, operation_id, outcome, clock_timestamp() FROM idempotency_keys
WHERE digest = ANY(%b::bytea[])
"""

ADD_COMPLETED = """
INSERT INTO idempotency_keys (digest, fingerprint, operation_id, outcome, complete_time)
SELECT *, clock_timestamp() FROM unnest(%b::bytea[], %b::bytea[], %b::uuid[], %b::bytea[])
"""
"""The rows come sorted: rows with unique keys that two transactions insert in different orders deadlock."""

_NOW = func.clock_timestamp().label("now")
# Made once, since every call of ours needs them (docs/performance.md, `CreatePayment`).
_CLAIM = insert(t).on_conflict_do_nothing().returning(_NOW)
_CLAIMED = (
    select(t.c.fingerprint, t.c.operation_id, t.c.outcome, _NOW)
    .where(t.c.digest == bindparam("key_digest"))
    .with_for_update()
)
_COMPLETE = update(t).where(t.c.digest == bindparam("key_digest")).values(complete_time=func.clock_timestamp())
_REPLY = b"R"
_ERROR = b"E"


class IdempotencyRepository:
    """See `application.ports.IdempotencyStore`."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    async def claim(self, digest: bytes, fingerprint: bytes, operation_id: UUID) -> Claim:
        """See the port. The insert waits for a concurrent claim of the same key to commit or roll back."""
        while True:
            new = await self._connection.execute(
                _CLAIM, {"digest": digest, "fingerprint": fingerprint, "operation_id": operation_id}
            )
            if claimed := new.first():
                return Claim(fingerprint, operation_id, claimed.now, is_new=True)
            found = await self._connection.execute(_CLAIMED, {"key_digest": digest})
            # Whoever had it may have released it in between: then it is free again.
            if row := found.first():
                return Claim(row.fingerprint, row.operation_id, row.now, outcome=self._open(digest, row.outcome))

    async def complete(self, digest: bytes, outcome: StoredOutcome) -> None:
        """See the port."""
        sealed = self._cipher.encrypt(_encode(outcome), _where(digest))
        await self._connection.execute(_COMPLETE, {"key_digest": digest, "outcome": sealed})

    async def release(self, digest: bytes) -> None:
        """See the port."""
        await self._connection.execute(delete(t).where(t.c.digest == digest))

    async def outcome(self, digest: bytes) -> StoredOutcome | None:
        """See the port."""
        row = (await self._connection.execute(select(t.c.outcome).where(t.c.digest == digest))).first()
        return self._open(digest, row.outcome) if row else None

    def _open(self, digest: bytes, sealed: bytes | None) -> StoredOutcome | None:
        return _opened(self._cipher, digest, sealed)


def claims_from(cipher: Cipher, rows: Iterable[Row]) -> dict[bytes, Claim]:
    """What `FIND` has found, by digest."""
    return {
        digest: Claim(fingerprint, operation_id, now, outcome=_opened(cipher, digest, outcome))
        for digest, fingerprint, operation_id, outcome, now in rows
    }


def completed_columns(cipher: Cipher, keys: Sequence[CompletedKey]) -> tuple[PackedArray, ...]:
    """The parameters of `ADD_COMPLETED`."""
    rows = sorted(keys, key=lambda key: key.digest)
    return (
        byteas([row.digest for row in rows]),
        byteas([row.fingerprint for row in rows]),
        uuids([row.operation_id for row in rows]),
        byteas(cipher.encrypt_all([(_encode(row.outcome), _where(row.digest)) for row in rows])),
    )


def _opened(cipher: Cipher, digest: bytes, sealed: bytes | None) -> StoredOutcome | None:
    return None if sealed is None else _decode(cipher.decrypt(sealed, _where(digest)))


def _where(digest: bytes) -> bytes:
    return b"idempotency_keys.outcome:" + digest


def _encode(outcome: StoredOutcome) -> bytes:
    if outcome.error is None:
        return _REPLY + (outcome.reply or b"")
    error = outcome.error
    return _ERROR + orjson.dumps(
        {
            "reason": error.reason.value,
            "message": error.message,
            "metadata": error.metadata,
            "violations": [[violation.field, violation.description] for violation in error.violations],
        }
    )


def _decode(value: bytes) -> StoredOutcome:
    if value[:1] == _REPLY:
        return StoredOutcome(reply=value[1:])
    stored = orjson.loads(value[1:])
    return StoredOutcome(
        error=PaymentsError(
            Reason[stored["reason"]],
            stored["message"],
            metadata=stored["metadata"],
            violations=[FieldViolation(*pair) for pair in stored["violations"]],
        )
    )
