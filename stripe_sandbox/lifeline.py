"""A descriptor that ties the sandbox's life to that of its parent: end-of-file means that the parent is gone."""

import asyncio
import contextlib
import os
import select
import threading
from collections.abc import Callable

_READ_BYTES = 4_096


def watch_lifeline(descriptor: int, on_end: Callable[[], None]) -> None:
    """Calls `on_end`, from the event loop, once the inherited descriptor reads end-of-file.

    Raises:
        OSError: The descriptor is not open.
    """
    os.fstat(descriptor)
    # A thread, since not every kind of descriptor can be watched by an event loop. It holds up nobody's exit.
    loop = asyncio.get_running_loop()
    threading.Thread(target=_watch, args=(descriptor, loop, on_end), name="lifeline", daemon=True).start()


def _watch(descriptor: int, loop: asyncio.AbstractEventLoop, on_end: Callable[[], None]) -> None:
    _wait_for_end(descriptor)
    with contextlib.suppress(RuntimeError):  # the loop is closed: the sandbox has already stopped
        loop.call_soon_threadsafe(on_end)


def _wait_for_end(descriptor: int) -> None:
    """Returns once nobody holds the other end.

    Siblings inherit the same open pipe. So whether it blocks is not for one of them to set, nor to rely on, and what
    there was to be read another may have. To poll for POLLHUP alone would be enough on Linux; macOS forgets about it.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        poll.poll()
        try:
            if not os.read(descriptor, _READ_BYTES):
                return
        except BlockingIOError:
            continue
        except OSError:  # it cannot be read any more
            return
