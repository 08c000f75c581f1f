"""Sound books with a bit of everything in them, numbered and sealed; and what verifying them finds."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from payments_service.application.sealing import sealer
from payments_service.application.sealing.keys import SealKeys, new_seal_key
from payments_service.application.sealing.sealer import Sealer
from payments_service.application.sequencing.sequencer import Sequencer
from payments_service.application.verification.model import Finding, Position
from payments_service.config import Settings
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.outcome import Posted
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind
from payments_service.storage.cipher import Cipher, new_key
from payments_service.storage.engine import create_engine
from payments_service.storage.ledger.verification.catalogue import VerificationRepository
from payments_service.storage.unit_of_work import PostgresTransactions
from payments_service.storage.url import database_url as sqlalchemy_url
from tests.integration.payments_service.storage.ledger.harness import post, spec, transfer

KEY, PUBLIC = new_seal_key("books")
KEYS = SealKeys([KEY])
A_SEAL = 3
"""Transactions under each seal of these books."""


async def keep_books(url: str, settings: Settings) -> None:
    """Post, hold, capture, void, reverse, at this time and others; number and seal all of it."""
    engine = create_engine(settings, url)
    a, b, c = spec("caller:a"), spec("caller:b"), spec("caller:c", floor_minor=0)
    last_year = datetime.now(UTC) - timedelta(days=365)
    held = transfer(a, b, 500, kind=TransactionKind.HOLD, reference="caller/held")
    kept = transfer(a, b, 70, kind=TransactionKind.HOLD, expire_time=datetime.now(UTC) + timedelta(days=1))
    first = transfer(a, b, 1_000, reference="caller/first", metadata={"k": "v"}, actor="shop", request_id="r")
    requests = [
        first,
        transfer(b, c, 300, effective_time=last_year, reference="caller/late"),
        transfer(b, c, 200, effective_time=last_year + timedelta(seconds=1)),
        held,
        kept,
        _on(held, TransactionKind.CAPTURE, "caller/captured", part_minor=(200,)),
        _on(held, TransactionKind.VOID, "caller/voided"),
        _on(first, TransactionKind.REVERSE, "caller/reversed", part_minor=(400,)),
        transfer(a, c, 1, reference="stripeless"),
        _on(first, TransactionKind.REVERSE, "caller/reversed at its time", at_original_time=True),
    ]
    for request in requests:
        assert isinstance((await post(engine, request))[0], Posted), request
    transactions = PostgresTransactions(engine, Cipher([new_key("test")]))
    await Sequencer(transactions).run_once()
    usual, sealer.BATCH_MAX = sealer.BATCH_MAX, A_SEAL
    try:
        while await Sealer(transactions, KEYS).run_once():
            pass
    finally:
        sealer.BATCH_MAX = usual
    await post(engine, transfer(a, b, 5, reference="caller/unnumbered"))
    await engine.dispose()


def _on(target: PostRequest, kind: TransactionKind, reference: str, **fields: object) -> PostRequest:
    return PostRequest(
        transaction_id=new_id(),
        reference=reference,
        kind=kind,
        target_id=target.transaction_id,
        **fields,  # type: ignore[arg-type]  # passed through
    )


@asynccontextmanager
async def corrupted(url: str, *statements: str) -> AsyncIterator[AsyncConnection]:
    """The books with something done to them by the superuser, for as long as it is looked at."""
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    async with engine.connect() as connection, connection.begin() as changes:
        for statement in statements:
            assert (await connection.execute(text(statement))).rowcount > 0, statement
        yield connection
        await changes.rollback()
    await engine.dispose()


async def found(connection: AsyncConnection, keys: SealKeys = KEYS, checks: Sequence[str] = ()) -> list[Finding]:
    """Everything that verifying finds."""
    verification = VerificationRepository(connection, keys.fault)
    findings: list[Finding] = []
    for check in checks or verification.checks:
        position: Position | None = {}
        while position is not None:
            stretch = await verification.look(check, position)
            findings += stretch.findings
            position = stretch.position
    return findings
