"""Which businesses may not be paid through the platform, by code and by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.account.restricted import RESTRICTED_MCCS, RESTRICTED_WORDS, restriction


@pytest.mark.parametrize(
    ("mcc", "description", "matched"),
    [
        ("7995", "", "mcc 7995 (gambling)"),
        ("5993", "fine books", "mcc 5993 (tobacco)"),
        ("", "An online casino", "word 'casino'"),
        ("", "CASINO", "word 'casino'"),
        ("8299", "lessons (and TobAcco!)", "word 'tobacco'"),
        ("", "we do money\n  laundering", "word 'money laundering'"),
        ("", "Pyramid\tscheme; ask us", "word 'pyramid scheme'"),
        ("", "firearms", "word 'firearm'"),
        ("", "firearm", "word 'firearm'"),
        ("", "Casinos in town", "word 'casino'"),
    ],
)
def test_what_is_forbidden_is_named(mcc: str, description: str, matched: str) -> None:
    assert restriction(mcc, description) == matched


@pytest.mark.parametrize(
    "description",
    [
        "",
        "Courses in pottery",
        "Casinostyle lamps",
        "Escorted tours through Rome",
        "tobacconist's records from 1890",
        "ivorybill prints",
        "A book on money and laundering day",
        "schemes of pyramids",
    ],
)
def test_only_whole_words_count(description: str) -> None:
    assert restriction("", description) == ""


@pytest.mark.parametrize("mcc", ["", "8299", "799", "79950", "7996"])
def test_other_codes_are_allowed(mcc: str) -> None:
    assert restriction(mcc, "fine books") == ""


def test_the_code_is_named_before_the_words() -> None:
    assert restriction("7995", "a casino") == "mcc 7995 (gambling)"


@pytest.mark.parametrize("mcc", RESTRICTED_MCCS)
def test_codes_are_four_digits_and_say_what_they_stand_for(mcc: str) -> None:
    assert mcc.isascii()
    assert mcc.isdigit()
    assert len(mcc) == 4
    assert restriction(mcc, "") == f"mcc {mcc} ({RESTRICTED_MCCS[mcc]})"


AROUND = st.text(" .,;:!?()-/'\n\t", max_size=3)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A forbidden word, and how somebody writes it."""
    word = draw(st.sampled_from(RESTRICTED_WORDS))
    return word, "".join(draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in word)


@given(written(), AROUND, AROUND)
def test_a_word_is_found_in_any_case_with_anything_but_letters_around_it(
    found: tuple[str, str], before: str, after: str
) -> None:
    word, text = found

    assert restriction("", before + text + after) == f"word {word!r}"
    assert restriction("", "x" + text) == restriction("", text + "x") == ""


@pytest.mark.parametrize("word", RESTRICTED_WORDS)
def test_every_word_is_found(word: str) -> None:
    assert restriction("", f"we sell {word}.") == f"word {word!r}"
