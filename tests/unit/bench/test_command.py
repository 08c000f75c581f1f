"""The exit code of a benchmark that is stopped: of the signal, whatever else goes wrong on the way out."""

import asyncio
import os
import signal

import pytest

from bench.command import run_all
from bench.options import Options
from bench.place import Place
from bench.report import Report
from payments_service.cli.errors import CommandError


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Options:
    async def measured(measure: object, _options: Options) -> object:
        return await measure(None)  # type: ignore[operator]  # a benchmark, without a place

    monkeypatch.setattr("bench.command.run_one", measured)
    return Options(quick=True, as_json=True, rounds=1, seconds=1.0)


async def told(number: signal.Signals) -> None:
    """Get a signal, and wait to be ended by it."""
    os.kill(os.getpid(), number)
    await asyncio.Event().wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_says_that_it_was_interrupted(
    number: signal.Signals, options: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measure(_: Place) -> Report:
        await told(number)
        raise AssertionError

    assert run_all([measure], options) == 128 + number
    assert capsys.readouterr().err == "bench: interrupted; everything that was started has been stopped\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CommandError("the server has ended"), "bench: the server has ended\n"),
        (ValueError("x"), "bench: interrupted; ValueError('x')\n"),
        (asyncio.CancelledError(), "bench: interrupted; everything that was started has been stopped\n"),
    ],
)
def test_what_others_find_who_were_stopped_too_does_not_change_that(
    error: BaseException, said: str, options: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measure(_: Place) -> Report:
        try:
            await told(signal.SIGINT)
        finally:
            raise error
        raise AssertionError

    assert run_all([measure], options) == 128 + signal.SIGINT
    assert capsys.readouterr().err == said


def test_two_who_cancel_it_make_no_other_exit_code_than_one(options: Options) -> None:
    async def measure(_: Place) -> Report:
        async with asyncio.timeout(None) as limit:
            try:
                await told(signal.SIGINT)
            finally:
                limit.reschedule(0.0)
                await asyncio.sleep(0)
        raise AssertionError

    assert run_all([measure], options) == 128 + signal.SIGINT


def test_what_goes_wrong_by_itself_is_told(options: Options, capsys: pytest.CaptureFixture[str]) -> None:
    async def refused(_: Place) -> Report:
        raise CommandError("no room")

    async def broken(_: Place) -> Report:
        raise ValueError("x")

    assert run_all([refused], options) == 1
    assert capsys.readouterr().err == "bench: no room\n"
    with pytest.raises(ValueError, match="x"):
        run_all([broken], options)
