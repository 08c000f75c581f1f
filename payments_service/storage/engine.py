"""The database engine: connections as the service's restricted role, with limits on everything that can wait."""

from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from payments_service.config import Settings
from payments_service.storage.url import CONNECT_TIMEOUT_S, database_url

POOL_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 5_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000


def create_engine(settings: Settings, url: str, application_name: str = "payments") -> AsyncEngine:
    """An engine whose sessions run as `settings.database_role`, whoever logs in.

    Args:
        settings: pool size and role.
        url: the database; `settings.database_url`, or that of the embedded server.
        application_name: how its sessions show in `pg_stat_activity`.
    """
    engine = create_async_engine(
        database_url(url),
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        # The most recently used first, so that a quiet process lets the others grow old without using them.
        pool_use_lifo=True,
        connect_args={
            "application_name": application_name,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "client_encoding": "utf8",
            "options": _session_options(settings.database_role, url),
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connections)
    return engine


def _session_options(role: str, url: str) -> str:
    """Settings of every session, from its first moment on, and those that the URL asks for besides.

    Plans are made anew for each execution: one kept from when the tables were empty would read whole tables later.
    Statements here run for milliseconds, and compiling one takes longer than that.
    """
    own = {
        "role": role,
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
        "timezone": "UTC",
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT_MS,
    }
    asked = database_url(url).query.get("options", "")
    return " ".join([*([asked] if isinstance(asked, str) else asked), *(f"-c {k}={v}" for k, v in own.items())]).strip()


def _refuse_dead_connections(connection: Any, _record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401
    """Notice a connection that the server has closed before work begins on it.

    Reading what has arrived costs a system call or two, where asking the server would cost a round trip.
    """
    pgconn = connection.driver_connection.pgconn
    try:
        # The first reads the server's last words, if it had any; only the second finds that the line is dead.
        pgconn.consume_input()
        pgconn.consume_input()
    except psycopg.OperationalError as error:
        raise InvalidatePoolError("the server closed the connection") from error
