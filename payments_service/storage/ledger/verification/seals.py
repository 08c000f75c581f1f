"""I11, seals: the chain is whole and signed, and every sealed row is what it was."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.verification.model import FINDINGS_MAX, Finding, Position, Stretch
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.seal.model import (
    FIRST_PREVIOUS,
    LEAF_BYTES,
    Numbered,
    Seal,
    differing_families,
    kept_leaf,
    leaf_hashes,
)
from payments_service.domain.seal.tree import root
from payments_service.storage.ledger.seals import SealRepository

Fault = Callable[[Seal], str | None]
"""What is wrong with a seal by itself, as its key knows it."""


async def look(connection: AsyncConnection, name: str, position: Position, fault: Fault) -> Stretch:
    """Look at the next seal and all that it covers."""
    seals = SealRepository(connection)
    number, covered = int(str(position.get("number", 0))), int(str(position.get("covered", 0)))
    before = bytes.fromhex(str(position.get("head", FIRST_PREVIOUS.hex())))
    found = await seals.with_leaves(number, 1)
    if not found:
        return Stretch()
    [(seal, leaves)] = found
    header = seal.header
    findings = [
        (f"seal {header.number}", message) for message in _of_seal(seal, leaves, number, covered, before, fault)
    ]
    rows = await seals.numbered(header.first - 1, max(header.last - header.first + 1, 0))
    findings += _of_rows(seal, leaves, [row for row in rows if row.number <= header.last])
    return Stretch(
        rows=len(rows),
        position={"number": header.number, "covered": header.last, "head": seal.head.hex()},
        findings=tuple(Finding(name, subject, message) for subject, message in findings[:FINDINGS_MAX]),
    )


def _of_seal(seal: Seal, leaves: bytes, number: int, covered: int, before: bytes, fault: Fault) -> list[str]:
    """What is wrong with a seal and its place in the chain."""
    header = seal.header
    found: list[Any] = [fault(seal)]
    if (header.number, header.first) != (number + 1, covered + 1):
        found.append(f"it does not follow seal {number}: seals or their ranges are missing")
    if header.previous_head != before:
        found.append(f"it does not stand on the head of seal {number}")
    hashes = leaf_hashes(leaves)
    if len(leaves) != (header.last - header.first + 1) * LEAF_BYTES or root(hashes) != header.root:
        found.append("the leaves that are kept with it do not make its root")
    return [one for one in found if one is not None]


def _of_rows(seal: Seal, leaves: bytes, rows: list[Numbered]) -> list[tuple[str, str]]:
    """What is wrong with the transactions that a seal covers."""
    header = seal.header
    by_number = {row.number: row for row in rows}
    found = []
    for number in range(header.first, header.last + 1):
        row = by_number.get(number)
        if row is None:
            found.append((f"number {number}", f"is under seal {header.number} and no transaction has it"))
            continue
        subject = format_id(Prefix.LEDGER_TRANSACTION, row.transaction_id)
        if row.transaction is None:
            found.append((subject, f"is under seal {header.number} and no longer in the books"))
            continue
        start = (number - header.first) * LEAF_BYTES
        kept, computed = leaves[start : start + LEAF_BYTES], kept_leaf(row)
        if kept != computed:
            families = ", ".join(differing_families(kept, computed)) or "number or salt"
            found.append((subject, f"is not what was put under seal {header.number}: {families}"))
    return found
