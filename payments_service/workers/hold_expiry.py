"""The hold expiry worker: gives back what is left of holds whose time is over."""

from payments_service.application.ledger.expire_holds import ExpireHolds
from payments_service.workers.loop import Loop


def hold_expiry_loop(expire_holds: ExpireHolds, poll_seconds: float) -> Loop:
    """A loop that expires holds as their time comes."""
    return Loop("hold_expiry", expire_holds.run_once, poll_seconds)
