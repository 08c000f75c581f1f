"""Structured logs: one JSON line per delivery, written straight to standard output.

Not through the standard library's logging, which costs four times as much per line. What uvicorn, asyncio and gRPC log
through it is bridged into the same stream.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import BinaryIO, Protocol

import orjson
import structlog
from prometheus_client import Counter
from structlog import BoundLoggerBase

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Log(Protocol):
    """What this package needs of a logger."""

    def line(self, level: str, event: str, fields: Mapping[str, object]) -> object:
        """Logs at a level: as the others do, without the two copies that keyword arguments make of many fields."""
        ...

    def info(self, event: str, **fields: object) -> object:
        """Logs what went as it should."""
        ...

    def warning(self, event: str, **fields: object) -> object:
        """Logs what somebody else should look into."""
        ...

    def error(self, event: str, **fields: object) -> object:
        """Logs what we should look into."""
        ...


class LineSink:
    """Writes whole lines to a stream and survives the stream: a full disk must not cost an acknowledgement.

    Lines of one turn of the event loop are written together, since a write costs more than all else about a line.
    """

    def __init__(self, stream: BinaryIO, lost: Counter) -> None:
        self._stream = stream
        self._lost = lost
        self._lines: list[bytes] = []

    def msg(self, line: bytes) -> None:
        """Takes one line, to be written at the end of this turn of the event loop, or at once where there is none."""
        self._lines.append(line)
        if len(self._lines) > 1:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
        else:
            loop.call_soon(self._write)

    def _write(self) -> None:
        """Writes what was taken, or counts it as lost."""
        lines, self._lines = self._lines, []
        try:
            self._stream.write(b"\n".join(lines) + b"\n")
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: the stream was closed
            self._lost.inc(len(lines))

    debug = info = warning = error = critical = msg


class _LineLogger(BoundLoggerBase):
    """structlog's logger, with a line made and written in one step: its processors cost three times as much.

    Attributes:
        level: Lines of lesser levels are left out.
    """

    level = logging.INFO

    def info(self, event: str, **fields: object) -> None:
        """Logs what went as it should."""
        self.line("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Logs what somebody else should look into."""
        self.line("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Logs what we should look into."""
        self.line("error", event, fields)

    def line(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        """Writes one line; what JSON does not know is shown as Python would."""
        if LEVELS[level] < self.level:
            return
        line = {**self._context, **fields, "event": event, "level": level, "timestamp": datetime.now(UTC)}
        self._logger.msg(orjson.dumps(line, default=repr, option=orjson.OPT_UTC_Z))


def open_log(level: str, lost: Counter, stream: BinaryIO | None = None) -> Log:
    """Returns a logger that writes lines of JSON.

    Args:
        level: A key of `LEVELS`.
        lost: Counts lines that could not be written.
        stream: Where to, standard output unless told.
    """
    wrapper = type("LineLogger", (_LineLogger,), {"level": LEVELS[level]})
    log: Log = structlog.wrap_logger(LineSink(stream or sys.stdout.buffer, lost), wrapper_class=wrapper).bind(
        service="webhook-gateway"
    )
    return log


def bridge_standard_logging(log: Log) -> None:
    """Sends what libraries log through the standard library, from warnings up, into our stream."""
    root = logging.getLogger()
    root.handlers = [_Bridge(log)]
    root.setLevel(logging.WARNING)
    # uvicorn warns of every connection that speaks no HTTP; anybody can make those, so they are counted instead.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


class _Bridge(logging.Handler):
    """Hands records of the standard library to our logger."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage().strip().encode("utf-8", "replace").decode()
        fields: dict[str, object] = {"logger": record.name, "message": message}
        if record.exc_info:
            fields["exception"] = logging.Formatter().formatException(record.exc_info)
        (self._log.error if record.levelno >= logging.ERROR else self._log.warning)("library", **fields)
