"""Named places where a test may stop or kill the process, to prove that nothing is lost there.

Nothing is armed unless `arm` is called, which the bootstrap does only against the sandbox.
"""

from collections.abc import Callable

AFTER_CLAIM = "operation.after_claim"
AFTER_STRIPE = "operation.after_stripe"
AFTER_COMMIT = "operation.after_commit"

NAMES = frozenset({AFTER_CLAIM, AFTER_STRIPE, AFTER_COMMIT})

_armed: dict[str, Callable[[], None]] = {}


def arm(name: str, action: Callable[[], None]) -> None:
    """Run `action` whenever the failpoint is reached.

    Raises:
        ValueError: there is no such failpoint.
    """
    if name not in NAMES:
        raise ValueError(f"no failpoint {name!r}: choose one of {', '.join(sorted(NAMES))}")
    _armed[name] = action


def reached(name: str) -> None:
    """Say that the code has come to a failpoint."""
    if action := _armed.get(name):
        action()
