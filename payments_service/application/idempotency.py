"""What every mutating request has in common, with or without a call to Stripe: its key, and its stored outcome."""

import hashlib
from uuid import UUID

from payments_service.application.caller import IdempotentRequest
from payments_service.application.ports import Claim, StoredOutcome, UnitOfWork
from payments_service.domain.errors import Code, PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.value_object import value_object

RETRY_UNKNOWN_MS = 2_000
"""When a caller should ask again for an outcome that is not known yet."""


@value_object
class Completed:
    """A finished call.

    Attributes:
        reply: the encoded reply, the same for every repeat.
        replayed: whether it was stored by an earlier call with the same key.
    """

    reply: bytes
    replayed: bool
    client_secret: str = ""


def claim_digest(request: IdempotentRequest, owner_id: str) -> bytes:
    """What identifies a key: caller, acting owner, method and key, so that keys never meet across them."""
    parts = [part.encode() for part in (request.caller, owner_id, request.method, request.key)]
    return hashlib.sha256(b"".join([len(part).to_bytes(4, "big") + part for part in parts])).digest()


async def claim_key(unit: UnitOfWork, request: IdempotentRequest, digest: bytes, operation_id: UUID) -> Claim:
    """Claim a request's key for an operation, or find who has it; waits for a concurrent claim to commit.

    Raises:
        PaymentsError: IDEMPOTENCY_KEY_REUSED.
    """
    claim = await unit.idempotency.claim(digest, request.fingerprint, operation_id)
    check_fingerprint(claim.fingerprint, request)
    return claim


def check_fingerprint(claimed: bytes, request: IdempotentRequest) -> None:
    """Refuse a key that was claimed for a request with another fingerprint.

    Raises:
        PaymentsError: IDEMPOTENCY_KEY_REUSED.
    """
    if claimed != request.fingerprint:
        raise PaymentsError(
            Reason.IDEMPOTENCY_KEY_REUSED,
            "idempotency_key was used before with another request: use a new key for a new operation",
        )


def is_final(error: PaymentsError) -> bool:
    """Whether a repeat must get the same error: only what the state of things refused is stored."""
    return error.code is Code.FAILED_PRECONDITION


def raise_stored(outcome: StoredOutcome, *, replayed: bool = True) -> None:
    """Raise the stored error of a call, marked as one of an earlier call or not; does nothing when it ended well."""
    if outcome.error is not None:
        outcome.error.replayed = replayed
        raise outcome.error


def stored_answer(outcome: StoredOutcome, *, replayed: bool) -> Completed:
    """The answer of a call that has ended.

    Raises:
        PaymentsError: the stored one.
    """
    if outcome.error is not None:
        error = outcome.error.again()
        error.replayed = replayed
        raise error
    return Completed(outcome.reply or b"", replayed)


def in_progress(operation_id: UUID) -> PaymentsError:
    """The error for a key whose request has no outcome yet."""
    return PaymentsError(
        Reason.REQUEST_IN_PROGRESS,
        "a request with this idempotency_key is still running: retry with the same key",
        metadata={"operation_id": format_id(Prefix.OPERATION, operation_id)},
        retry_after_ms=RETRY_UNKNOWN_MS,
    )
