"""Work of one statement, which is a transaction by itself.

It needs no BEGIN and no COMMIT, and nothing of what SQLAlchemy does about them: taking a connection from its pool,
making it ready and cleaning it up afterwards cost more than the rest of a short statement.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.storage.direct import DirectConnection
from payments_service.storage.engine import POOL_TIMEOUT_S


class Statements:
    """Connections in autocommit for statements that commit by themselves, besides those of the engine's pool.

    They are made when they are needed, as the engine makes its own, kept, and closed with the engine.

    Args:
        engine: says where the database is.
        connections_max: how many statements can run at once; others wait.
        planned_once: keep the plan of a statement. Only for one whose best plan never depends on what is in the tables.
    """

    def __init__(self, engine: AsyncEngine, connections_max: int, *, planned_once: bool = False) -> None:
        self._engine = engine
        self._planned_once = planned_once
        self._places = asyncio.Semaphore(connections_max)
        self._idle: list[DirectConnection] = []
        event.listen(engine.sync_engine, "engine_disposed", self._dispose)

    async def rows(self, statement: str, parameters: Sequence[bytes]) -> list[tuple[Any, ...]]:
        """Run a statement that gives rows, and commit it.

        Its connection is given up when anything goes wrong, whatever state it is in.

        Args:
            statement: with a `%b` for each parameter. Connections keep it prepared, so it must be one of a few.
            parameters: in Postgres' binary form, of the type that the statement says (`%b::bigint[]`).

        Raises:
            psycopg.Error: what the database says, or that it is gone or cannot be reached.
            sqlalchemy.exc.TimeoutError: all connections were busy for too long.
        """
        await self._enter()
        try:
            connection = self._take() or await self._connect()
            try:
                rows = await connection.rows(statement, parameters)
            except BaseException:  # cancellation too: its answer is still to come, for whoever would be next
                connection.close()
                raise
            self._idle.append(connection)
            return rows
        finally:
            self._places.release()

    async def _enter(self) -> None:
        if not self._places.locked():
            await self._places.acquire()  # at once
            return
        try:
            async with asyncio.timeout(POOL_TIMEOUT_S):
                await self._places.acquire()
        except TimeoutError:
            raise PoolTimeoutError(f"no connection has become free within {POOL_TIMEOUT_S} s") from None

    def _take(self) -> DirectConnection | None:
        """A connection that the server has not closed; the most recently used first."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_alive():
                return connection
            connection.close()
        return None

    async def _connect(self) -> DirectConnection:
        pooled = await self._engine.raw_connection()
        driver = pooled.driver_connection
        # From here on it is no connection of the pool, which may make another in its place.
        pooled.detach()
        if not isinstance(driver, psycopg.AsyncConnection):
            raise TypeError(f"the engine must use psycopg's async driver, not {type(driver).__name__}")
        try:
            await driver.set_autocommit(True)
            if self._planned_once:
                await driver.execute("SET plan_cache_mode = force_generic_plan")
        except BaseException:  # cancellation too: nobody else knows of the connection any more
            driver.pgconn.finish()
            raise
        return DirectConnection(driver)

    def _dispose(self, _engine: object) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
