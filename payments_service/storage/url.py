"""Database URLs, as people write them and as SQLAlchemy wants them."""

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from payments_service.config import ConfigurationError

CONNECT_TIMEOUT_S = 5
"""How long a connection may take to be made."""

_DRIVER = "postgresql+psycopg"


def database_url(text: str) -> URL:
    """A URL for SQLAlchemy from one as people write it: `postgres://` and `postgresql://` mean the same.

    Raises:
        ConfigurationError: not the URL of a Postgres database. The message does not repeat it: it holds a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "PAYMENTS_DATABASE_URL: must be like postgresql://user:password@host/database"
        ) from None
    if url.drivername not in ("postgres", "postgresql", _DRIVER):
        raise ConfigurationError(f"PAYMENTS_DATABASE_URL: must begin with postgresql://, not {url.drivername}://")
    return url.set(drivername=_DRIVER)
