"""A descriptor that ties this process's life to that of whoever started it: its end of file means that they are gone.

A pipe works on every system and for every way to die, unlike a death signal.
"""

import os
import select
import signal
import threading

from payments_service.cli.errors import EXIT_FAILURE
from payments_service.config import ConfigurationError, Settings

_MARGIN_SECONDS = 5.0


def hold_lifeline(settings: Settings) -> None:
    """Stop this process gracefully, as SIGTERM does, once the lifeline of the settings ends; none is no lifeline.

    Raises:
        ConfigurationError: the descriptor is not open: it would look like one that has ended.
    """
    descriptor = settings.lifeline_fd
    if descriptor is None:
        return
    try:
        os.fstat(descriptor)
    except OSError as error:
        raise ConfigurationError(
            f"PAYMENTS_LIFELINE_FD: descriptor {descriptor} is not open: {error.strerror}"
        ) from None
    # Processes that this one starts must not keep it.
    os.set_inheritable(descriptor, False)
    limit_seconds = settings.grpc_drain_seconds + _MARGIN_SECONDS
    # A thread, so that a busy event loop does not hide the end.
    threading.Thread(target=_watch, args=(descriptor, limit_seconds), name="lifeline", daemon=True).start()


def _watch(descriptor: int, limit_seconds: float) -> None:
    _wait_for_end(descriptor)
    os.kill(os.getpid(), signal.SIGTERM)
    # Nobody is left to force a stop that hangs, so the process does it itself.
    threading.Event().wait(limit_seconds)
    os._exit(EXIT_FAILURE)


def _wait_for_end(descriptor: int) -> None:
    """Wait until nobody holds the other end of a pipe.

    Siblings inherit the same open pipe. So whether it blocks is not for one of them to set, nor to rely on, and what
    there was to be read another may have. To poll for POLLHUP alone would be enough on Linux; macOS forgets about it.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        poll.poll()
        try:
            if not os.read(descriptor, 1024):
                return
        except BlockingIOError:
            continue
        except OSError:  # it cannot be read any more
            return
