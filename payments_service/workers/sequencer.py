"""The sequencer's worker: numbers what was committed, so that it can be read in order."""

from payments_service.application.sequencing.sequencer import Sequencer
from payments_service.workers.loop import Loop


def sequencer_loop(sequencer: Sequencer, poll_seconds: float) -> Loop:
    """A loop that numbers rows soon after their commit."""
    return Loop("sequencer", sequencer.run_once, poll_seconds)
