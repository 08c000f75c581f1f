"""Log lines: JSON, one each, and never the reason that a delivery fails."""

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
from prometheus_client import Counter

from webhook_gateway.logs import LEVELS, bridge_standard_logging, open_log
from webhook_gateway.metrics import Metrics


@pytest.fixture
def lost() -> Counter:
    return Metrics().log_lines_lost


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    uvicorn_level = logging.getLogger("uvicorn.error").level
    yield root
    logging.getLogger("uvicorn.error").setLevel(uvicorn_level)
    root.handlers = handlers
    root.setLevel(level)


class FullDisk(io.RawIOBase):
    """A stream that takes nothing."""

    def writable(self) -> bool:
        return True

    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_is_one_json_object(lost: Counter) -> None:
    stream = io.BytesIO()
    open_log("info", lost, stream).info("webhook", event_id="evt_1\nx", odd=object)
    (line,) = stream.getvalue().splitlines()
    fields = orjson.loads(line)
    assert fields["event"] == "webhook"
    assert fields["event_id"] == "evt_1\nx"
    assert fields["level"] == "info"


def test_lines_below_the_level_are_left_out(lost: Counter) -> None:
    stream = io.BytesIO()
    log = open_log("warning", lost, stream)
    log.info("quiet")
    log.warning("loud")
    assert [orjson.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


@pytest.mark.parametrize("level", ["info", "warning", "error"])
@pytest.mark.parametrize("least", ["info", "warning", "error"])
def test_a_line_with_its_fields_in_one_is_as_with_each_of_them(lost: Counter, level: str, least: str) -> None:
    stream = io.BytesIO()
    log = open_log(least, lost, stream)
    fields = {"endpoint": "platform", "status": 200}
    log.line(level, "webhook", fields)
    getattr(log, level)("webhook", **fields)
    lines = [list(orjson.loads(line).items()) for line in stream.getvalue().splitlines()]
    expected = [("service", "webhook-gateway"), *fields.items(), ("event", "webhook"), ("level", level)]
    assert [line[:-1] for line in lines] == ([expected] * 2 if LEVELS[level] >= LEVELS[least] else [])
    assert fields == {"endpoint": "platform", "status": 200}


def test_a_full_disk_costs_the_line_and_nothing_else(lost: Counter) -> None:
    open_log("info", lost, FullDisk()).info("webhook")  # type: ignore[arg-type]  # all of BinaryIO that is used
    closed = io.BytesIO()
    closed.close()
    open_log("info", lost, closed).info("webhook")
    assert lost._value.get() == 2


def test_what_libraries_log_comes_out_in_the_same_form(lost: Counter, root_logger: logging.Logger) -> None:
    stream = io.BytesIO()
    bridge_standard_logging(open_log("info", lost, stream))
    logging.getLogger("uvicorn.error").warning("left out")
    logging.getLogger("library").info("left out")
    logging.getLogger("library").warning("odd %s", "\udcff")
    logging.getLogger("asyncio").error("failed", exc_info=RuntimeError("cause"))
    first, second = (orjson.loads(line) for line in stream.getvalue().splitlines())
    assert (first["logger"], first["message"], first["level"]) == ("library", "odd ?", "warning")
    assert "RuntimeError: cause" in second["exception"]
    assert root_logger.handlers
