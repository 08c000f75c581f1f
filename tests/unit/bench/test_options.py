import pytest

from bench.options import parse


def test_the_full_form_is_longer_and_larger_than_the_quick_one() -> None:
    full, quick = parse("bench", "", []), parse("bench", "", ["--quick"])
    assert (full.rounds, full.seconds, full.sized(100, 10)) == (5, 5.0, 100)
    assert (quick.rounds, quick.seconds, quick.sized(100, 10)) == (3, 1.5, 10)
    assert quick.warm_seconds == 0.5


def test_what_is_given_wins() -> None:
    options = parse("bench", "", ["--quick", "--rounds", "2", "--seconds", "0.3", "--scale", "0.01", "--json"])
    assert (options.rounds, options.seconds, options.sized(100, 10), options.as_json) == (2, 0.3, 1, True)


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--seconds", "-1"], ["--processes", "two"], ["--fast"]])
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse("bench", "", arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err.splitlines()[-1]
