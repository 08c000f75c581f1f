"""The sealer: proves later that numbered transactions are still what they were.

It takes them in the order of their numbers, so it never passes over a late commit, and works behind the postings:
whatever stops it, these go on. It fails closed: a seal is made only on top of one that holds.
"""

import structlog

from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.sealing.keys import SealKeys
from payments_service.application.sequencing.model import Stream
from payments_service.domain.seal.model import FIRST_PREVIOUS, Seal, SealHeader, kept_leaf, leaf_hashes
from payments_service.domain.seal.tree import root
from payments_service.observability.work_metrics import SEALED_TOTAL, SEALS_BEHIND

BATCH_MAX = 2_000
"""Transactions under one seal: what is hashed in one database transaction, in well under a second."""

_log = structlog.get_logger(__name__)


class SealError(Exception):
    """What is there cannot be sealed: the chain or the rows are not what they must be."""


class Sealer:
    """The sealer worker's use case. Any number may run: whoever finds another at it leaves it alone.

    The lock on the chain ends with its holder's connection, and the key of the seals lets only one be the next.
    """

    def __init__(self, transactions: Transactions, keys: SealKeys) -> None:
        self._transactions = transactions
        self._keys = keys
        if keys.signing_id is None:
            _log.warning("sealer.no_key", message="nothing is sealed: set PAYMENTS_SEAL_KEYS")

    async def run_once(self) -> int:
        """Seal the next transactions; returns how many.

        Raises:
            SealError: the chain or a numbered row is not as it must be: nothing is sealed until that is seen to.
        """
        seal, behind = await self._transactions.run(self._seal)
        SEALS_BEHIND.set(behind)
        if seal is None:
            return 0
        header = seal.header
        count = header.last - header.first + 1
        SEALED_TOTAL.inc(count)
        _log.info("sealer.sealed", seal=header.number, first=header.first, last=header.last, key_id=header.key_id)
        return count

    async def _seal(self, unit: UnitOfWork) -> tuple[Seal | None, int]:
        """The seal that was made, and how many numbered transactions have none now."""
        newest = (await unit.sequences.head(Stream.LEDGER)).last
        before = await unit.seals.last()
        sealed = before.header.last if before else 0
        if newest == sealed or self._keys.signing_id is None:
            return None, newest - sealed
        locked = await unit.seals.lock_last()
        if locked is None:
            return None, newest - sealed
        made = await self._next(unit, locked.seal)
        return made, max(newest - made.header.last, 0) if made else 0

    async def _next(self, unit: UnitOfWork, before: Seal | None) -> Seal | None:
        if before is not None and (fault := self._keys.fault(before)):
            raise SealError(f"the chain does not hold: {fault}")
        sealed = before.header.last if before else 0
        rows = await unit.seals.numbered(sealed, BATCH_MAX)
        if not rows:
            return None
        for expected, row in enumerate(rows, sealed + 1):
            if row.number != expected:
                raise SealError(f"number {expected} is missing among the numbered transactions")
        try:
            leaves = b"".join(map(kept_leaf, rows))
        except ValueError as error:
            raise SealError(str(error)) from None
        header = SealHeader(
            number=before.header.number + 1 if before else 1,
            first=sealed + 1,
            last=rows[-1].number,
            root=root(leaf_hashes(leaves)),
            previous_head=before.head if before else FIRST_PREVIOUS,
            seal_time=await unit.now(),
            key_id=self._keys.signing_id or "",
        )
        head = header.head()
        seal = Seal(header, head, self._keys.sign(head))
        await unit.seals.add(seal, leaves)
        return seal
