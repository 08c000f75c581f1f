"""The verification worker: computes the ledger again when somebody has asked for it."""

from payments_service.application.verification.runs import MakeVerifications
from payments_service.workers.loop import Loop


def verification_loop(make: MakeVerifications, poll_seconds: float) -> Loop:
    """A loop that makes stretches of verifications."""
    return Loop("verification", make.run_once, poll_seconds)
