"""How to reach a Postgres server as its superuser."""

from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where an embedded Postgres listens, and its superuser's credentials."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def url(
        self,
        database: str = "postgres",
        user: str | None = None,
        password: str | None = None,
        *,
        driver: str | None = None,
    ) -> str:
        """Return the URL of a database.

        Args:
            database: The database's name.
            user: A login role; the superuser if absent.
            password: The role's password; the superuser's if `user` is absent.
            driver: `"psycopg"` for SQLAlchemy (`postgresql+psycopg://`); absent for psql, psycopg and libpq.
        """
        if user is None:
            user, password = self.user, self.password
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        secret = "" if password is None else f":{quote(password, safe='')}"
        return f"{scheme}://{quote(user, safe='')}{secret}@{self.host}:{self.port}/{quote(database, safe='')}"
