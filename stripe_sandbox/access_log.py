"""The sandbox's log: one line of JSON for each request, on standard error, with no bodies and no keys."""

import logging
import sys

import orjson
import structlog
from structlog.typing import FilteringBoundLogger


def make_log(level: str) -> FilteringBoundLogger:
    """A logger of its own, that leaves the global configuration of logging alone.

    Args:
        level: `debug`, `info`, `warning` or `error`.
    """
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.BytesLogger(sys.stderr.buffer),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=True,
    )
    return logger.bind(process="stripe_sandbox")
