"""Lifetimes of tokens, as one types them."""

import pytest

from payments_service.cli.errors import CommandError
from payments_service.cli.tokens import lifetime_seconds


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1_800), ("12h", 43_200), (" 7d ", 604_800)])
def test_a_lifetime_has_a_unit(text: str, seconds: int) -> None:
    assert lifetime_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "0s", "-1h", "1w", "1.5h", "h"])
def test_what_is_no_lifetime_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CommandError, match="is not a lifetime: write 90s, 30m, 12h or 7d") as caught:
        lifetime_seconds(text)
    assert caught.value.exit_code == 2
