"""Named places where a test may stop or kill the process, to prove that nothing is lost there.

Nothing is armed unless `arm` is called, which the bootstrap does only against the sandbox.
"""

from collections.abc import Callable, Collection

BEFORE_CLAIM = "operation.before_claim"
"""Phase 1 is written and not committed: nothing has happened yet."""

AFTER_CLAIM = "operation.after_claim"
"""The key is claimed, and nothing is sent yet."""

AFTER_STRIPE = "operation.after_stripe"
"""Stripe has answered whoever made the call, and nothing of it is written."""

COMPLETER_AFTER_STRIPE = "completer.after_stripe"
"""The same in the completer, which repeats the call."""

BEFORE_COMMIT = "operation.before_commit"
"""Phase 3 is written, by the caller's process or by the completer, and not committed."""

AFTER_COMMIT = "operation.after_commit"
"""All is stored, and the caller has no reply yet."""

INBOX_BEFORE_COMMIT = "inbox.before_commit"
"""A batch of events is applied, and not committed."""

SETTLEMENT_BEFORE_COMMIT = "settlement.before_commit"
"""A page of balance transactions is booked, and not committed."""

SETTLEMENT_AFTER_COMMIT = "settlement.after_commit"
"""A page of balance transactions is booked, and its account is still due."""

OF_OPERATIONS = frozenset(
    {BEFORE_CLAIM, AFTER_CLAIM, AFTER_STRIPE, COMPLETER_AFTER_STRIPE, BEFORE_COMMIT, AFTER_COMMIT}
)
"""Those that may be armed for one kind of operation: `operation.after_stripe@refund.create`."""

NAMES = OF_OPERATIONS | {INBOX_BEFORE_COMMIT, SETTLEMENT_BEFORE_COMMIT, SETTLEMENT_AFTER_COMMIT}

_armed: dict[str, Callable[[], None]] = {}


def arm(point: str, action: Callable[[], None], kinds: Collection[str] = ()) -> None:
    """Run `action` whenever the failpoint is reached.

    Args:
        point: a name, or a name, `@` and the kind of operation that it is armed for. Without a kind: for any.
        action: what to do there.
        kinds: all kinds of operations.

    Raises:
        ValueError: there is no such failpoint, or no such kind.
    """
    name, at, kind = point.partition("@")
    if name not in NAMES:
        raise ValueError(f"no failpoint {name!r}: choose one of {', '.join(sorted(NAMES))}")
    if at and name not in OF_OPERATIONS:
        raise ValueError(f"{name} is about no operation: leave out {at + kind!r}")
    if at and kind not in kinds:
        raise ValueError(f"no kind of operation {kind!r}: choose one of {', '.join(sorted(kinds))}")
    _armed[point] = action


def reached(name: str, kind: str = "") -> None:
    """Say that the code has come to a failpoint, with an operation of this kind."""
    if _armed and (action := _armed.get(name) or _armed.get(f"{name}@{kind}")):
        action()
