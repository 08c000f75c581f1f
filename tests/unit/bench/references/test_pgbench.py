import pytest

from bench.references.pgbench import figures_of
from payments_service.cli.errors import CommandError

PRINTED = """transaction type: <builtin: TPC-B (sort of)>
number of transactions actually processed: 14321
number of failed transactions: 0 (0.000%)
latency average = 4.188 ms
initial connection time = 20.413 ms
tps = 1910.123456 (without initial connection time)
"""


def test_its_figures_are_read() -> None:
    assert figures_of(PRINTED) == (1910.123456, 14321)


def test_other_output_is_refused() -> None:
    with pytest.raises(CommandError, match="printed no figures: help"):
        figures_of("help")
