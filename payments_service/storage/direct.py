"""Prepared statements without psycopg's cursors.

For a short statement a cursor costs as much as all the rest: it looks at every parameter, and the socket goes into the
event loop and out again each time. What is here is libpq's own way of working without blocking
(postgresql.org/docs/current/libpq-async.html), by `psycopg.pq`.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

CANCEL_TIMEOUT_S = 5.0

_GOOD = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})


class DirectConnection:
    """Runs statements one at a time on an idle connection in autocommit, which nobody else may use any more.

    When anything has gone wrong on it, it must be closed.
    """

    def __init__(self, driver: psycopg.AsyncConnection) -> None:
        self._driver, self._pgconn, self._socket = driver, driver.pgconn, driver.pgconn.socket
        self._rows = Transformer(driver)
        self._names: dict[str, bytes] = {}
        self._results: list[PGresult] = []
        self._sending = False
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._done.set_result(None)  # nobody waits
        # Not in the context of the call that happens to be the first: it reads for others, too.
        contextvars.Context().run(self._loop.add_reader, self._socket, self._proceed)

    async def rows(self, statement: str, parameters: Sequence[bytes]) -> list[tuple[Any, ...]]:
        """See `Statements.rows`."""
        name = self._names.get(statement)
        try:
            if name is None:
                name = b"direct_%d" % len(self._names)
                self._pgconn.send_prepare(name, _numbered(statement).encode())
                await self._received()
                self._names[statement] = name
            formats = [Format.BINARY] * len(parameters)
            self._pgconn.send_query_prepared(name, parameters, formats, result_format=Format.BINARY)
            result = await self._received()
        except asyncio.CancelledError:
            if self._pgconn.transaction_status == TransactionStatus.ACTIVE:
                with contextlib.suppress(psycopg.Error):  # the server finds out by itself, later
                    await self._driver.cancel_safe(timeout=CANCEL_TIMEOUT_S)
            raise
        self._rows.set_pgresult(result)
        return self._rows.load_rows(0, result.ntuples, tuple)

    def is_alive(self) -> bool:
        """Whether the server has not closed it."""
        try:
            # The first reads the server's last words, if it had any; only the second finds that the line is dead.
            self._pgconn.consume_input()
            self._pgconn.consume_input()
        except psycopg.OperationalError:
            return False
        return True

    def close(self) -> None:
        """Close it, whatever state it is in, or if it is closed already."""
        if self._socket >= 0 and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._socket = -1
        self._pgconn.finish()

    async def _received(self) -> PGresult:
        """Send what is to be sent, and wait until the server has answered and committed."""
        self._results, self._done = [], self._loop.create_future()
        self._sending = self._pgconn.flush() == 1
        if self._sending:
            self._loop.add_writer(self._socket, self._proceed)
        self._collect()  # sending reads too, when the line is full
        await self._done
        return self._results[0]

    def _proceed(self) -> None:
        """Go on as far as the line allows: it has room again, or has brought something."""
        try:
            if self._sending and self._pgconn.flush() == 0:
                self._sending = False
                self._loop.remove_writer(self._socket)
            self._pgconn.consume_input()
            self._collect()
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits must hear of it
            self.close()
            if not self._done.done():
                self._done.set_exception(error)

    def _collect(self) -> None:
        """Take what the server has answered; after a failure nothing more of it is read."""
        while not self._done.done() and not self._pgconn.is_busy():
            result = self._pgconn.get_result()
            if result is None:  # the end: it is committed
                self._done.set_result(None)
            elif result.status in _GOOD:
                self._results.append(result)
            else:
                raise error_from_result(result)


def _numbered(statement: str) -> str:
    """With `$1` and so on for each `%b`."""
    first, *rest = statement.split("%b")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
