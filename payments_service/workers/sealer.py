"""The sealer's worker: puts numbered transactions of the ledger under signed seals."""

from payments_service.application.sealing.sealer import Sealer
from payments_service.workers.loop import Loop


def sealer_loop(sealer: Sealer, poll_seconds: float) -> Loop:
    """A loop that seals what was numbered since the last seal."""
    return Loop("sealer", sealer.run_once, poll_seconds)
