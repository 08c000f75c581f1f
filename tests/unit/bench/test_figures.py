import pytest

from bench.figures import Summary, at_least, at_most, best, ratios


def test_a_summary_is_the_median_with_its_spread() -> None:
    assert Summary.of([5.0, 1.0, 3.0]) == Summary(median=3.0, low=1.0, high=5.0, rounds=3)
    assert Summary.of([4.0, 1.0]) == Summary(median=2.5, low=1.0, high=4.0, rounds=2)


def test_nothing_cannot_be_summarised() -> None:
    with pytest.raises(ValueError, match="no round"):
        Summary.of([])


def test_ratios_are_taken_within_a_round_so_a_slow_minute_cancels_out() -> None:
    assert ratios([50.0, 5.0], [100.0, 10.0]) == [0.5, 0.5]


@pytest.mark.parametrize("references", [[100.0], [100.0, 0.0]])
def test_a_ratio_to_nothing_is_refused(references: list[float]) -> None:
    with pytest.raises(ValueError, match=r"cannot be compared|measured nothing"):
        ratios([1.0, 2.0], references)


def test_the_best_of_several_settings_is_chosen_in_each_round() -> None:
    assert best([1.0, 8.0], [3.0, 4.0]) == [3.0, 8.0]
    with pytest.raises(ValueError, match="argument"):
        best([1.0], [1.0, 2.0])


def test_a_goal_is_reached_at_its_bound() -> None:
    assert [at_least(0.8).is_met_by(value) for value in (0.79, 0.8, 0.81)] == [False, True, True]
    assert [at_most(5).is_met_by(value) for value in (4.9, 5.0, 5.1)] == [True, True, False]
    assert (str(at_least(0.8)), str(at_most(5))) == ("≥ 0.8", "≤ 5")
