"""Database URLs as people write them."""

import pytest

from payments_service.config import ConfigurationError
from payments_service.storage.url import database_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgres_means_the_same(scheme: str) -> None:
    url = database_url(f"{scheme}://u:p%40@h:5433/d?sslmode=require")
    assert (url.drivername, url.password, url.port, url.query["sslmode"]) == (
        "postgresql+psycopg",
        "p@",
        5433,
        "require",
    )


@pytest.mark.parametrize("text", ["mysql://u:secret@h/d", "not a url secret", "", "postgresql://u:secret@h:port/d"])
def test_anything_else_is_refused_in_one_line_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        database_url(text)
    message = str(caught.value)
    assert message.startswith("PAYMENTS_DATABASE_URL: ")
    assert "\n" not in message
    assert "secret" not in message
