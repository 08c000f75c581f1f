"""The ledger's tables. Entries are many, so their rows are slim; transactions and entries never change."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from payments_service.storage.tables.metadata import metadata

# Byte order: Python sorts the same way, and comparing is cheaper than by a language's rules.
CODE = Text(collation="C")
TIME = DateTime(timezone=True)

ledger_accounts = Table(
    "ledger_accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", CODE, nullable=False, unique=True),
    Column("currency", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("owner_id", Text),
    Column("floor_minor", BigInteger),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("posted_debits", BigInteger, nullable=False, server_default=text("0")),
    Column("posted_credits", BigInteger, nullable=False, server_default=text("0")),
    Column("pending_debits", BigInteger, nullable=False, server_default=text("0")),
    Column("pending_credits", BigInteger, nullable=False, server_default=text("0")),
    Column("last_record_time", TIME),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'")),
    Column("create_time", TIME, nullable=False, server_default=text("clock_timestamp()")),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("update_time", TIME, nullable=False, server_default=text("clock_timestamp()")),
    CheckConstraint("kind IN ('asset', 'liability', 'equity', 'revenue', 'expense')", name="kind"),
    CheckConstraint("state IN ('open', 'debit_frozen', 'credit_frozen', 'frozen', 'closed')", name="state"),
    CheckConstraint(
        "posted_debits >= 0 AND posted_credits >= 0 AND pending_debits >= 0 AND pending_credits >= 0", name="totals"
    ),
    Index(None, "owner_id", "id", postgresql_where=text("owner_id IS NOT NULL")),
    Index("ledger_accounts_suspense_idx", "code", postgresql_where=text(r"code LIKE '%suspense\:%'")),
    # Room on each page for new versions of its rows: an update of totals then touches no index.
    postgresql_with={"fillfactor": 50},
)
"""Accounts with their running totals, kept equal to the fold of their entries by the writer.

`version` counts entries; `revision` and `update_time` are about everything else that can be changed.
"""

ledger_transactions = Table(
    "ledger_transactions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reference", CODE, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("target_id", Uuid),
    Column("effective_time", TIME, nullable=False),
    Column("record_time", TIME, nullable=False),
    Column("expire_time", TIME),
    Column("description", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    CheckConstraint("kind IN ('post', 'hold', 'capture', 'void', 'expire', 'reverse')", name="kind"),
    Index(None, "target_id", postgresql_where=text("target_id IS NOT NULL")),
    Index(
        None,
        "metadata",
        postgresql_using="gin",
        postgresql_ops={"metadata": "jsonb_path_ops"},
        postgresql_where=text("metadata <> '{}'"),
    ),
)
"""Transactions: insert only."""

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("transaction_id", Uuid, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("posted_debits", BigInteger, nullable=False),
    Column("posted_credits", BigInteger, nullable=False),
    Column("pending_debits", BigInteger, nullable=False),
    Column("pending_credits", BigInteger, nullable=False),
    Column("record_time", TIME, nullable=False),
    Column("posting_index", SmallInteger, nullable=False),
    Column("side", SmallInteger, nullable=False),
    Column("effect", SmallInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "version"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
    Index(None, "transaction_id"),
)
"""Entries: insert only, keyed by account and version.

No foreign keys: they cost more than the rest of the row, the writer holds the accounts' locks, and `payments verify`
checks what they would.
"""

ledger_shifted_entries = Table(
    "ledger_shifted_entries",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("shifted_debits", BigInteger, nullable=False),
    Column("shifted_credits", BigInteger, nullable=False),
    Column("effective_time", TIME, nullable=False),
    Column("side", SmallInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "version"),
    Index(None, "account_id", "effective_time", postgresql_include=["side", "amount_minor"]),
)
"""Entries that moved money at another time than they were recorded: insert only.

`shifted_debits` and `shifted_credits` are the sums of the account's shifted entries up to and with this one.
"""

ledger_effective_totals = Table(
    "ledger_effective_totals",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("width", SmallInteger, nullable=False),
    Column("start_time", TIME, nullable=False),
    Column("debits", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "width", "start_time"),
)
"""What shifted entries of an account come to by effective time: in each day (width 1), in five minutes (width 2)."""

ledger_hold_expiries = Table(
    "ledger_hold_expiries",
    metadata,
    Column("expire_time", TIME, nullable=False),
    Column("transaction_id", Uuid, nullable=False),
    Column("next_attempt_time", TIME, comment="null: it has not been tried; at its expire_time"),
    PrimaryKeyConstraint("expire_time", "transaction_id"),
)
"""Holds that will expire, until a worker has seen to it. One that could not expire has a time for the next attempt."""
