"""A login for the service on the embedded server: not the superuser, and nothing but a member of the service's role."""

import contextlib
import hashlib
import hmac

import psycopg
from psycopg import sql

_MADE_AT_THE_SAME_TIME = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError_)


def ensure_service_login(admin_url: str, role: str) -> tuple[str, str]:
    """Make the login if it is missing, let it take on `role`, and return its name and password.

    The password follows from the superuser's, so that every process that may administer the server knows it and none
    has to keep it.

    Raises:
        psycopg.Error: the server refuses, or cannot be reached.
    """
    login = f"{role}_login"
    with psycopg.connect(admin_url, autocommit=True) as connection:
        secret = connection.info.password.encode()
        password = hmac.new(secret, f"login {login}".encode(), hashlib.sha256).hexdigest()
        name, member = sql.Identifier(login), sql.Identifier(role)
        with contextlib.suppress(*_MADE_AT_THE_SAME_TIME):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(name))
        with connection.transaction():
            # One after the other: two at once would change the same row of the catalogue.
            connection.execute("LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE")
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
            connection.execute(sql.SQL("GRANT {} TO {}").format(member, name))
    return login, password
