"""A descriptor that ties the sandbox's life to that of its parent: end-of-file means that the parent is gone."""

import asyncio
import os
from collections.abc import Callable

_READ_BYTES = 4_096


def watch_lifeline(descriptor: int, on_end: Callable[[], None]) -> Callable[[], None]:
    """Calls `on_end` once the inherited descriptor reads end-of-file; returns what stops watching.

    Raises:
        OSError: The descriptor is not open.
    """
    os.fstat(descriptor)
    os.set_blocking(descriptor, False)
    loop = asyncio.get_running_loop()

    def readable() -> None:
        try:
            alive = bool(os.read(descriptor, _READ_BYTES))
        except BlockingIOError:
            return
        except OSError:
            alive = False
        if not alive:
            loop.remove_reader(descriptor)
            on_end()

    loop.add_reader(descriptor, readable)
    return lambda: _forget(loop, descriptor)


def _forget(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    loop.remove_reader(descriptor)
