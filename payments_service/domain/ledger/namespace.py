"""Whose names are whose: what callers may call their accounts and money facts, and what is the service's own.

Accounts of callers have codes that begin with `caller:`, which none of the chart does. References of callers are kept
below `caller/` (backends, which share one space: one money fact is one fact, whoever posts it) or below `user/` and
who it is (tokens bound to owners, so that no user can take another's names). So neither can ever meet `stripe:…`.
"""

import hashlib

from payments_service.domain.errors import PaymentsError, Reason, invalid

ACCOUNT_PREFIX = "caller:"
CODE_LENGTH_MAX = 255
REFERENCE_LENGTH_MAX = 255
"""Characters of a reference as callers give it."""

_BACKENDS = "caller/"
_USERS = "user/"
_USER_DIGEST_BYTES = 12
_RESERVED = ("stripe:", "charge:", "dispute:", "payout:", "expiry:", _BACKENDS, _USERS)
"""What references of the service's own begin with."""


def is_callers_account(code: str) -> bool:
    """Whether an account is one that callers made, and may post to."""
    return code.startswith(ACCOUNT_PREFIX)


def check_code(code: str, owner_id: str | None, field: str) -> None:
    """Refuse a code that an account of a caller cannot have.

    Args:
        code: as the caller gave it.
        owner_id: with it only codes below this owner's name are allowed; None for backends.
        field: what to name in the error.

    Raises:
        PaymentsError: LEDGER_ACCOUNT_RESERVED for a code of the chart's kind, REQUEST_INVALID.
    """
    if not is_callers_account(code):
        raise reserved_account(code)
    if len(code) > CODE_LENGTH_MAX or not code.isprintable() or any(character.isspace() for character in code):
        raise invalid(field, f"must be at most {CODE_LENGTH_MAX} characters that can be seen, without spaces")
    if not all(code.split(":")):
        raise invalid(field, "must be parts with colons between them, for example caller:escrow:order-1")
    required = ACCOUNT_PREFIX if owner_id is None else f"{ACCOUNT_PREFIX}{owner_id}:"
    if not code.startswith(required) or code == required:
        raise invalid(field, f"must begin with {required!r}: this token makes accounts below its owner's name only")


def reserved_account(code: str) -> PaymentsError:
    """The error for an account that is not for callers to post to or change."""
    return PaymentsError(
        Reason.LEDGER_ACCOUNT_RESERVED,
        f"ledger account {code!r} is the service's own: use one made by CreateLedgerAccount, whose codes begin with "
        f"{ACCOUNT_PREFIX!r}",
        metadata={"code": code},
    )


def reserved_reference(reference: str) -> PaymentsError:
    """The error for a money fact that is not a caller's to name or to act on."""
    return PaymentsError(
        Reason.REFERENCE_RESERVED,
        f"reference {reference!r} names a money fact of the service's own: callers post and undo their own facts only",
        metadata={"reference": reference},
    )


def reference_space(user: str | None) -> str:
    """Where a caller's references are kept; `user` says who it is for a token bound to owners, None for a backend."""
    if user is None:
        return _BACKENDS
    return f"{_USERS}{hashlib.sha256(user.encode()).hexdigest()[: 2 * _USER_DIGEST_BYTES]}/"


def inside_reference(reference: str, space: str) -> str:
    """A caller's reference as the ledger keeps it.

    Raises:
        PaymentsError: REFERENCE_RESERVED for a name of the service's own.
    """
    if reference.startswith(_RESERVED):
        raise reserved_reference(reference)
    return space + reference


def lookup_reference(reference: str, space: str) -> str:
    """A reference to look for: the service's own names as they are, others as the caller's."""
    return reference if reference.startswith(_RESERVED) else space + reference


def outside_reference(reference: str) -> str:
    """A reference as callers see it."""
    if reference.startswith(_BACKENDS):
        return reference.removeprefix(_BACKENDS)
    if reference.startswith(_USERS):
        return reference.removeprefix(_USERS).partition("/")[2]
    return reference


def is_callers_reference(reference: str) -> bool:
    """Whether a money fact is one that a caller posted."""
    return reference.startswith((_BACKENDS, _USERS))
