"""The ledger's writer: decide a batch under the accounts' locks, and write what was decided."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.ledger.checks import is_sound
from payments_service.domain.ledger.decide import decide
from payments_service.domain.ledger.outcome import Outcome
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.storage.driver import driver_connection, one_round_trip
from payments_service.storage.ledger import statements
from payments_service.storage.ledger.arrays import texts
from payments_service.storage.ledger.locking import lock, lock_and_read, named_by, new_account
from payments_service.storage.ledger.targets import read_targets
from payments_service.storage.ledger.writing import statements_of


class LedgerRepository:
    """Posts to the ledger inside a transaction that the caller has begun and commits.

    The statements go straight to psycopg, several to a round trip, with whole columns as parameters: a batch of a
    hundred costs little more than a batch of one. Locks are taken in the order of the account ids, and last in a
    transaction, so that batches queue up instead of deadlocking.

    Args:
        connection: with a transaction open, at READ COMMITTED or SERIALIZABLE.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def post(self, requests: Sequence[PostRequest]) -> list[Outcome]:
        """Decide and write a batch of requests, in order; each gets its own outcome.

        The number of statements does not depend on the size of the batch. Nothing is written for refused requests, but
        the accounts that they would have made may exist afterwards, empty.

        Raises:
            RuntimeError: no transaction is open.
            psycopg.Error: the database refused. A serialisation failure, a deadlock or a unique violation (a reference
                that another transaction posted at the same time) goes away when the whole transaction is run again.
        """
        if not requests:
            return []
        driver = await driver_connection(self._connection)
        # What cannot be decided well must not reach the database either: one bad text would fail the whole batch.
        sound = [request for request in requests if is_sound(request)]
        targets = await read_targets(driver, {request.target_id for request in sound if request.target_id})
        locked = await lock(driver, sound, targets)
        decision = decide(locked.accounts, locked.existing, locked.targets, requests, locked.now)
        written = statements_of(decision)
        if len(written) == 1:
            await driver.execute(*written[0])
        elif written:
            async with one_round_trip(driver):
                for statement in written:
                    await driver.execute(*statement)
        return list(decision.outcomes)

    async def decide(self, requests: Sequence[PostRequest]) -> list[Outcome]:
        """Decide a batch as if it were posted now. Nothing is locked, made or written, so it may turn out otherwise.

        Raises:
            RuntimeError: no transaction is open.
            psycopg.Error: the database refused.
        """
        if not requests:
            return []
        driver = await driver_connection(self._connection)
        sound = [request for request in requests if is_sound(request)]
        targets = await read_targets(driver, {request.target_id for request in sound if request.target_id})
        named = named_by(sound, targets)
        everything = replace(named, codes=named.codes | named.may_owe, may_owe=set())
        wanted = (texts(sorted(everything.codes)),)
        found = await lock_and_read(driver, statements.SELECT_ACCOUNTS, wanted, everything, targets)
        made = {code: new_account(spec) for code, spec in named.specs.items() if code not in found.accounts}
        decision = decide(found.accounts | made, found.existing, found.targets, requests, found.now)
        return list(decision.outcomes)
