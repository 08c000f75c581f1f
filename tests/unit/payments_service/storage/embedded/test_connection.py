"""The URLs of an embedded server."""

from sqlalchemy.engine import make_url

from payments_service.storage.embedded import ServerAddress

ADDRESS = ServerAddress("127.0.0.1", 5433, "postgres", "s3cret")


def test_the_superuser_is_the_default() -> None:
    assert ADDRESS.url() == "postgresql://postgres:s3cret@127.0.0.1:5433/postgres"


def test_another_role_never_gets_the_superusers_password() -> None:
    assert ADDRESS.url("payments", "service") == "postgresql://service@127.0.0.1:5433/payments"


def test_special_characters_survive_the_way_through_sqlalchemy() -> None:
    url = make_url(ADDRESS.url("pay ments", "o'brien@shop", "p/a:s@s?#%", driver="psycopg"))

    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", "o'brien@shop", "p/a:s@s?#%")
    assert (url.host, url.port) == ("127.0.0.1", 5433)


def test_the_password_is_not_in_the_repr() -> None:
    assert "s3cret" not in repr(ADDRESS)
