"""The books' watch: tells the metrics what stands in the books and must not for long."""

from payments_service.application.settlement.watch import WatchBooks
from payments_service.workers.loop import Loop

POLL_SECONDS = 15.0


def books_watch_loop(watch: WatchBooks) -> Loop:
    """A loop that looks a few times a minute."""
    return Loop("books_watch", watch.run_once, POLL_SECONDS)
