"""The garbage collector of a server process: it leaves alone what was there at the start, and runs seldom.

A call makes hundreds of objects that live as long as it does. With Python's defaults the collector looks through all
calls in progress, and now and then through everything else, several times a millisecond's worth of work: a quarter of
the time of a posting. Nearly nothing here is garbage in cycles, so it can wait (docs/performance.md).
"""

import gc

YOUNG_MAX = 50_000
"""Objects made since the last look before the next one: some megabytes."""

YOUNG_LOOKS, MIDDLE_LOOKS = 20, 50


def settle_collector() -> None:
    """Call once, when everything that stays has been made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, YOUNG_LOOKS, MIDDLE_LOOKS)
