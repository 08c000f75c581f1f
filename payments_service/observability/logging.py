"""Logs: one JSON object a line, written straight to the stream.

structlog renders with orjson in one step and never goes through stdlib logging, which costs four times as much. What
libraries say through stdlib logging, from warnings up, takes the same way out.
"""

import asyncio
import atexit
import logging
import os
import sys
import threading
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import BinaryIO, cast

import orjson
import structlog

from payments_service.observability.context import log_context
from payments_service.observability.redaction import scrub_fields

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
_GATHER_SECONDS = 0.01
_GATHERED_MAX = 256
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logging(level: str = "info", stream: BinaryIO | None = None) -> None:
    """Send every log of this process to one stream as JSON lines.

    Args:
        level: the least that is written: debug, info, warning or error.
        stream: where to; standard error by default, so that standard output stays for answers.
    """
    flush_lines()
    _output.stream = stream if stream is not None else sys.stderr.buffer
    _output.pid = os.getpid()
    _output.level = _LEVELS[level]
    structlog.configure(
        processors=[_render],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=_writer,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(logging.WARNING))


def write_line(event: str, fields: dict[str, object]) -> None:
    """Write one line at level info without the ceremony, for what is written with every call.

    Nothing is scrubbed here: every value must be one that this service made or has scrubbed already. On an event loop
    lines are gathered for some milliseconds: a write lets go of the interpreter lock, and waiting for it to come back
    would cost more than the rest of the line. A process that is killed takes these last lines with it.
    """
    if _output.level <= logging.INFO:
        _output.write_soon(_dump(_beginning("info", event) | fields))


def flush_lines() -> None:
    """Write what has been gathered."""
    _output.write(b"")


class _Output:
    """The stream of the process. Loggers keep this object, so the stream can be exchanged under them."""

    def __init__(self) -> None:
        self.stream: BinaryIO | None = None
        self.pid = os.getpid()
        self.level = logging.INFO
        self._lock = threading.Lock()
        self._gathered: list[bytes] = []
        self._writer: asyncio.AbstractEventLoop | None = None

    def write_soon(self, line: bytes) -> None:
        """Write a line together with those that follow at once."""
        self._gathered.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write(b"")
            return
        if len(self._gathered) >= _GATHERED_MAX:
            self.write(b"")
        elif loop is not self._writer:
            self._writer = loop
            loop.call_later(_GATHER_SECONDS, self.write, b"")

    def write(self, line: bytes) -> None:
        """Write a line behind those that have been gathered."""
        if not (line or self._gathered):
            return
        stream = self.stream if self.stream is not None else sys.stderr.buffer
        try:
            with self._lock:
                gathered, self._gathered, self._writer = self._gathered, [], None
                stream.write(b"".join([*gathered, line]))
                stream.flush()
        except (OSError, ValueError):
            # Nobody reads the logs any more. A payment must not fail for that, and there is nowhere left to say it.
            return

    debug = info = warning = error = critical = exception = msg = write


_output = _Output()
atexit.register(flush_lines)


def _writer(*_: object) -> _Output:
    return _output


def _render(_: object, level: str, event: MutableMapping[str, object]) -> bytes:
    """The one structlog processor: time, level, ids of the work, exception, redaction, JSON."""
    line = _beginning("error" if level == "exception" else level, event.pop("event", ""))
    exc_info = event.pop("exc_info", None)
    line |= scrub_fields(event)
    if exc_info:
        line |= scrub_fields({"exception": _exception(exc_info)})
    return _dump(line)


def _beginning(level: str, event: object) -> dict[str, object]:
    """What every line starts with."""
    line: dict[str, object] = {"time": datetime.now(UTC), "level": level, "event": event, "pid": _output.pid}
    context = log_context.get()
    if context is not None:
        line["request_id"], line["trace_id"], line["span_id"] = context
    return line


def _dump(line: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(line, option=_OPTIONS)
    except orjson.JSONEncodeError:
        # A value that JSON has no form for, such as a lone surrogate: shown escaped rather than lost.
        return orjson.dumps({key: ascii(value) for key, value in line.items()}, option=_OPTIONS)


def _exception(exc_info: object) -> str:
    """The traceback as text; never with the values of local variables."""
    if isinstance(exc_info, BaseException):
        exc_info = (type(exc_info), exc_info, exc_info.__traceback__)
    elif not isinstance(exc_info, tuple):
        exc_info = sys.exc_info()
    kind, error, trace = cast("_ExcInfo", exc_info)
    return "".join(traceback.format_exception(kind, error, trace)).rstrip()


class _Libraries(logging.Handler):
    """Takes what libraries log through stdlib logging."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        fields: dict[str, object] = {"event": "library", "logger": record.name, "message": message}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        _output.write(_render(None, record.levelname.lower(), fields))
