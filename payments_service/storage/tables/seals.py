"""Tables of the ledger's numbers and seals: insert only, but for the queue."""

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, LargeBinary, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from payments_service.storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)

ledger_queue = Table(
    "ledger_queue",
    metadata,
    Column("record_time", _TIME, nullable=False),
    Column("first_id", UUID, nullable=False),
    Column("transaction_ids", ARRAY(UUID), nullable=False),
    PrimaryKeyConstraint("record_time", "first_id"),
)
"""Transactions that wait for their numbers: a row for each batch that was written, so that it costs the writer little.

Per account record times never fall, so by time and place in the batch numbers follow each account's history.
"""

ledger_sequence = Table(
    "ledger_sequence",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("transaction_id", UUID, nullable=False, unique=True),
    Column("salt", UUID, nullable=False, comment="keeps hashes of what a caller may not see from being guessed"),
)

ledger_seals = Table(
    "ledger_seals",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("first_number", BigInteger, nullable=False),
    Column("last_number", BigInteger, nullable=False, unique=True),
    Column("root", LargeBinary, nullable=False),
    Column("previous_head", LargeBinary, nullable=False),
    Column("seal_time", _TIME, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("leaves", LargeBinary, nullable=False, comment="of each transaction the leaf's hash and hints"),
)
