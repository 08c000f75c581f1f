"""Every log is one line of JSON on the stream, from structlog and from libraries alike."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from payments_service.observability.context import LogContext, log_context
from payments_service.observability.logging import _GATHER_SECONDS, configure_logging, write_line


class Lines(io.BytesIO):
    """A stream that can be read back as parsed lines."""

    def read_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream = Lines()
    root = logging.getLogger()
    handlers = list(root.handlers)
    kept = structlog.get_config()
    configure_logging("info", stream)
    yield stream
    structlog.configure(**kept)
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)


def test_a_log_is_one_line_with_time_level_and_fields(lines: Lines) -> None:
    structlog.get_logger().warning("disk_low", free_mb=12)
    [line] = lines.read_lines()
    assert line.pop("time").endswith("Z")
    assert line.pop("pid") > 0
    assert line == {"level": "warning", "event": "disk_low", "free_mb": 12}


def test_less_than_the_level_is_not_written(lines: Lines) -> None:
    structlog.get_logger().debug("detail")
    assert lines.read_lines() == []


def test_lines_of_a_call_carry_its_ids(lines: Lines) -> None:
    mark = log_context.set(LogContext("request-1", "trace-1", "span-1"))
    structlog.get_logger().info("posted")
    log_context.reset(mark)
    [line] = lines.read_lines()
    assert (line["request_id"], line["trace_id"], line["span_id"]) == ("request-1", "trace-1", "span-1")


def test_an_exception_is_told_with_its_traceback_and_without_secrets(lines: Lines) -> None:
    secret = "sk_live_51Habcdefghijklmnop"
    try:
        int(secret)
    except ValueError:
        structlog.get_logger().exception("failed")
    [line] = lines.read_lines()
    assert line["level"] == "error"
    assert "test_logging.py" in line["exception"]
    assert "'sk_live_[redacted]'" in line["exception"]
    assert secret not in json.dumps(line)


def test_libraries_take_the_same_way_from_warnings_up(lines: Lines) -> None:
    logging.getLogger("some.library").info("quiet")
    logging.getLogger("some.library").warning("card %s", "4242424242424242")
    [line] = lines.read_lines()
    assert (line["level"], line["logger"], line["message"]) == ("warning", "some.library", "card [redacted]")


def test_a_library_s_broken_log_call_is_still_told(lines: Lines) -> None:
    record = logging.LogRecord("some.library", logging.WARNING, "file.py", 1, "two %s %s", ("one",), None)
    # Not through the logger: pytest's own handlers would fail on such a record.
    [ours] = [each for each in logging.getLogger().handlers if type(each).__module__ == configure_logging.__module__]
    ours.handle(record)
    assert lines.read_lines()[0]["message"] == "two %s %s"


def test_what_json_has_no_form_for_is_shown_escaped(lines: Lines) -> None:
    structlog.get_logger().info("odd", value="\ud800")
    assert "\\ud800" in lines.read_lines()[0]["value"]


def test_a_stream_that_is_gone_fails_nobody(lines: Lines) -> None:
    lines.close()
    structlog.get_logger().info("unheard")


def test_configuring_again_does_not_double_what_libraries_say(lines: Lines) -> None:
    configure_logging("info", lines)
    logging.getLogger("some.library").error("once")
    assert len(lines.read_lines()) == 1


async def test_lines_of_calls_are_gathered_and_keep_their_order(lines: Lines) -> None:
    write_line("call", {"number": 1})
    write_line("call", {"number": 2})
    assert lines.read_lines() == []
    structlog.get_logger().info("posted")
    assert [line.get("number") for line in lines.read_lines()] == [1, 2, None]


async def test_gathered_lines_are_written_although_nothing_follows(lines: Lines) -> None:
    write_line("call", {"number": 1})
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(2 * _GATHER_SECONDS, later.set)
    await later.wait()
    assert [line["number"] for line in lines.read_lines()] == [1]


def test_without_an_event_loop_lines_are_written_at_once(lines: Lines) -> None:
    write_line("call", {"number": 1})
    assert [line["number"] for line in lines.read_lines()] == [1]
