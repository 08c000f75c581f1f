"""A group of calls that post, in one transaction of two round trips.

The first begins the transaction, looks for the calls' idempotency keys, locks and reads. The second writes, stores the
keys and commits. Between them lies nothing but deciding, so that locks are held for as short a time as can be. It goes
around SQLAlchemy's own BEGIN and COMMIT, which would each be a round trip more, and around most of its Python.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from payments_service.application.ledger.group_ports import Begun, PostingGroup
from payments_service.application.ledger.ports import LedgerAccountStore, LedgerTransactionReads
from payments_service.application.ports import CompletedKey
from payments_service.domain.ledger.checks import is_sound
from payments_service.domain.ledger.outcome import Decision
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.storage.cipher import Cipher
from payments_service.storage.driver import driver_connection, one_round_trip
from payments_service.storage.idempotency import ADD_COMPLETED, FIND, claims_from, completed_columns
from payments_service.storage.ledger.accounts import LedgerAccountRepository
from payments_service.storage.ledger.arrays import byteas
from payments_service.storage.ledger.locking import lock
from payments_service.storage.ledger.targets import read_targets
from payments_service.storage.ledger.transactions import LedgerTransactionReader
from payments_service.storage.ledger.writing import statements_of
from payments_service.storage.retry import retry

T = TypeVar("T")


class PostgresPostingGroup:
    """See `application.ledger.group_ports.PostingGroup`. The connection does not begin transactions by itself."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher
        self.ledger_accounts: LedgerAccountStore = LedgerAccountRepository(connection)
        self.ledger_transactions: LedgerTransactionReads = LedgerTransactionReader(connection)

    async def begin(self, digests: Sequence[bytes], requests: Sequence[PostRequest]) -> Begun:
        """See the port."""
        driver = await driver_connection(self._connection)
        keys = driver.cursor(binary=True)

        async def begin_and_find() -> None:
            await driver.execute("BEGIN")
            await keys.execute(FIND, (byteas(digests),))

        # What cannot be decided well must not reach the database either: one bad text would fail the whole group.
        sound = [request for request in requests if is_sound(request)]
        # What targets were made of never changes, so it may be read before the transaction.
        targets = await read_targets(driver, {request.target_id for request in sound if request.target_id})
        locked = await lock(driver, sound, targets, begin_and_find)
        return Begun(
            claims_from(self._cipher, await keys.fetchall()),
            locked.accounts,
            locked.existing,
            locked.targets,
            locked.now,
        )

    async def commit(self, decision: Decision, keys: Callable[[], Sequence[CompletedKey]]) -> None:
        """See the port."""
        driver = await driver_connection(self._connection)
        async with one_round_trip(driver):
            for statement in statements_of(decision):
                await driver.execute(*statement)
            # Made while the database is at work on the rows.
            if completed := keys():
                await driver.execute(ADD_COMPLETED, completed_columns(self._cipher, completed))
            ended = await driver.execute("COMMIT")
        if ended.statusmessage != "COMMIT":
            raise psycopg.OperationalError(f"the transaction ended with {ended.statusmessage}")


class PostgresPostingGroups:
    """Runs closures with a group (`application.ledger.group_ports.PostingGroups`)."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher) -> None:
        # The same pool; its connections begin and commit only when they are told to.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._cipher = cipher

    async def run(self, work: Callable[[PostingGroup], Awaitable[T]]) -> T:
        """See the port."""

        async def once() -> T:
            async with self._engine.begin() as connection:
                return await work(PostgresPostingGroup(connection, self._cipher))

        return await retry(once)
