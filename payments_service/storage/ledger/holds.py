"""Holds as the books have them: what they were made of, and what their linked transactions have done to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from uuid import UUID

import psycopg

from payments_service.domain.ledger.hold import HeldPosting, Hold
from payments_service.domain.ledger.transaction import TransactionKind
from payments_service.storage.ledger.arrays import uuids
from payments_service.storage.ledger.rows import Row
from payments_service.storage.ledger.statements import SELECT_HOLDS


async def read_holds(driver: psycopg.AsyncConnection, transaction_ids: Collection[UUID]) -> dict[UUID, Hold]:
    """Holds as they were made, by transaction; nothing is asked when nothing is wanted."""
    if not transaction_ids:
        return {}
    cursor = driver.cursor(binary=True)
    await cursor.execute(SELECT_HOLDS, (uuids(list(transaction_ids)),))
    rows: Sequence[Row] = await cursor.fetchall()
    holds = {}
    for (hold_id, expire_time), lines in groupby(rows, key=lambda row: (row[0], row[1])):
        postings = tuple(HeldPosting(debit, credit, currency, held) for *_, debit, credit, currency, held in lines)
        holds[hold_id] = Hold(hold_id, postings, expire_time)
    return holds


def with_links(holds: Mapping[UUID, Hold], links: Iterable[Row]) -> dict[UUID, Hold]:
    """The holds after the captures and releases in `links`: rows of hold, kind, posting index and amount."""
    result = dict(holds)
    for hold_id, kind, index, amount in links:
        hold = result[hold_id]
        posting = hold.postings[index]
        if kind == TransactionKind.CAPTURE:
            changed = replace(posting, captured_minor=posting.captured_minor + amount)
            released_by = hold.released_by
        else:
            changed = replace(posting, released_minor=posting.released_minor + amount)
            released_by = TransactionKind(kind)
        postings = (*hold.postings[:index], changed, *hold.postings[index + 1 :])
        result[hold_id] = replace(hold, postings=postings, released_by=released_by)
    return result


def held_codes(holds: Iterable[Hold]) -> set[str]:
    """The accounts that holds are about."""
    return {code for hold in holds for posting in hold.postings for code in (posting.debit, posting.credit)}
