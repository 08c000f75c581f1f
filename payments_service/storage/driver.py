"""The psycopg connection under a SQLAlchemy one, for statements that go around SQLAlchemy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection


async def driver_connection(connection: AsyncConnection) -> psycopg.AsyncConnection:
    """The psycopg connection, to be used inside the transaction that is open on `connection`.

    Raises:
        RuntimeError: no transaction is open, so SQLAlchemy would neither commit nor roll back what is done here.
    """
    if not connection.in_transaction():
        raise RuntimeError("begin a transaction first: work on the driver's connection would be lost")
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"the engine must use psycopg's async driver, not {type(driver).__name__}")
    return driver


@asynccontextmanager
async def one_round_trip(driver: psycopg.AsyncConnection) -> AsyncIterator[None]:
    """Send the statements of the block together; their results can be fetched after it.

    The server still runs them one after the other, each under the locks that those before it took.

    Raises:
        psycopg.Error: what the first statement that failed says; those after it have not been run. (psycopg's own
            pipeline also logs a warning each time, and failures that are retried are no reason for one.)
    """
    first: psycopg.Error | None = None
    try:
        async with driver.pipeline():
            try:
                yield
            except psycopg.Error as error:
                first = error
    except psycopg.Error as error:
        raise (first or error) from None
    if first is not None:
        raise first
