"""Targets as the books have them: what they were made of, and what their linked transactions have done to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import psycopg

from payments_service.domain.ledger.books import Target
from payments_service.domain.ledger.hold import HeldPosting, Hold
from payments_service.domain.ledger.reversal import Original, OriginalPosting
from payments_service.domain.ledger.transaction import TransactionKind
from payments_service.storage.ledger.arrays import uuids
from payments_service.storage.ledger.rows import Row
from payments_service.storage.ledger.statements import SELECT_TARGETS


async def read_targets(driver: psycopg.AsyncConnection, transaction_ids: Collection[UUID]) -> dict[UUID, Target]:
    """Targets as they were made, by transaction; nothing is asked when nothing is wanted."""
    if not transaction_ids:
        return {}
    cursor = driver.cursor(binary=True)
    await cursor.execute(SELECT_TARGETS, (uuids(list(transaction_ids)),))
    rows: Sequence[Row] = await cursor.fetchall()
    targets: dict[UUID, Target] = {}
    for (target_id, kind, effective_time, expire_time), lines in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        postings = [line[4:] for line in lines]
        if kind == TransactionKind.HOLD:
            held = tuple(HeldPosting(*posting) for _, *posting in postings)
            targets[target_id] = Hold(target_id, held, expire_time)
        else:
            posted = tuple(OriginalPosting(*posting) for posting in postings)
            targets[target_id] = Original(target_id, TransactionKind(kind), effective_time, posted)
    return targets


def with_links(targets: Mapping[UUID, Target], links: Iterable[Row]) -> dict[UUID, Target]:
    """The targets after what `links` did to them: rows of target, kind, posting index and amount."""
    result = dict(targets)
    for target_id, kind, index, amount in links:
        target = result[target_id]
        if isinstance(target, Hold):
            result[target_id] = _after_link(target, TransactionKind(kind), index, amount)
        else:
            result[target_id] = _after_reversal(target, index, amount)
    return result


def codes_of(targets: Iterable[Target]) -> set[str]:
    """The accounts that targets are about."""
    return {code for target in targets for posting in target.postings for code in (posting.debit, posting.credit)}


def _after_link(hold: Hold, kind: TransactionKind, index: int, amount: int) -> Hold:
    """The hold after a capture or release."""
    posting = hold.postings[index]
    if kind is TransactionKind.CAPTURE:
        changed = replace(posting, captured_minor=posting.captured_minor + amount)
        released_by = hold.released_by
    else:
        changed = replace(posting, released_minor=posting.released_minor + amount)
        released_by = kind
    postings = (*hold.postings[:index], changed, *hold.postings[index + 1 :])
    return replace(hold, postings=postings, released_by=released_by)


def _after_reversal(original: Original, index: int, amount: int) -> Original:
    """The transaction after a reversal of one of its postings."""
    postings = tuple(
        replace(posting, reversed_minor=posting.reversed_minor + amount) if posting.index == index else posting
        for posting in original.postings
    )
    return replace(original, postings=postings)
