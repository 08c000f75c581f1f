"""The completer: finishes calls to Stripe whose outcome nobody has stored."""

from payments_service.application.operations.completer import Completer
from payments_service.workers.loop import Loop


def completer_loop(completer: Completer, poll_seconds: float) -> Loop:
    """A loop that finishes operations as their time comes."""
    return Loop("completer", completer.run_once, poll_seconds)
