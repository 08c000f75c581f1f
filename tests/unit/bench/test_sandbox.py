from pathlib import Path

import pytest

from bench.sandbox import Figures
from payments_service.cli.errors import CommandError


async def test_figures_of_a_log_are_taken_once_and_by_what_their_lines_say(tmp_path: Path) -> None:
    log = tmp_path / "sandbox.log"
    log.write_text(
        '{"event":"ready"}\n{"event":"request","path":"/a","ms":1.5}\n{"event":"request","path":"/b","ms":9}\n'
    )
    figures = Figures(log, "request", "ms", {"path": "/a"})
    assert await figures.take(1) == [1.5]
    with log.open("a") as more:
        more.write('no JSON\n{"event":"request","path":"/a","ms":2}\n{"event":"request","path":"/a","ms":3}\n')
    assert await figures.take(2) == [2.0, 3.0]


async def test_more_figures_than_calls_are_refused(tmp_path: Path) -> None:
    log = tmp_path / "sandbox.log"
    log.write_text('{"event":"request","ms":1}\n{"event":"request","ms":2}\n')
    with pytest.raises(CommandError, match="has 2 lines 'request', and 1 were expected"):
        await Figures(log, "request", "ms").take(1)
