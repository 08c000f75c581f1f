"""The ledger: accounts, transactions, entries; and what the service's role may do with them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_ledger"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _transactions()
    _entries()
    role = op.get_context().opts["role"]
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON ledger_accounts TO {role}")
    # History is insert-only: a correction is a transaction of its own.
    op.execute(f"GRANT SELECT, INSERT ON ledger_transactions, ledger_entries TO {role}")


def downgrade() -> None:
    op.drop_table("ledger_entries")
    op.drop_table("ledger_transactions")
    op.drop_table("ledger_accounts")


def _accounts() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("floor_minor", sa.BigInteger()),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("posted_debits", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("posted_credits", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("pending_debits", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("pending_credits", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_record_time", sa.DateTime(timezone=True)),
        sa.Column("metadata", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "create_time", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="ledger_accounts_pkey"),
        sa.UniqueConstraint("code", name="ledger_accounts_code_key"),
        sa.CheckConstraint(
            "kind IN ('asset', 'liability', 'equity', 'revenue', 'expense')", name=op.f("ledger_accounts_kind_check")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'debit_frozen', 'credit_frozen', 'frozen', 'closed')",
            name=op.f("ledger_accounts_state_check"),
        ),
        sa.CheckConstraint(
            "posted_debits >= 0 AND posted_credits >= 0 AND pending_debits >= 0 AND pending_credits >= 0",
            name=op.f("ledger_accounts_totals_check"),
        ),
        postgresql_with={"fillfactor": 50},
    )


def _transactions() -> None:
    op.create_table(
        "ledger_transactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid()),
        sa.Column("effective_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True)),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("metadata", JSONB(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="ledger_transactions_pkey"),
        sa.UniqueConstraint("reference", name="ledger_transactions_reference_key"),
        sa.CheckConstraint(
            "kind IN ('post', 'hold', 'capture', 'void', 'expire')", name=op.f("ledger_transactions_kind_check")
        ),
    )
    op.create_index(
        "ledger_transactions_target_id_idx",
        "ledger_transactions",
        ["target_id"],
        postgresql_where=sa.text("target_id IS NOT NULL"),
    )


def _entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("posted_debits", sa.BigInteger(), nullable=False),
        sa.Column("posted_credits", sa.BigInteger(), nullable=False),
        sa.Column("pending_debits", sa.BigInteger(), nullable=False),
        sa.Column("pending_credits", sa.BigInteger(), nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posting_index", sa.SmallInteger(), nullable=False),
        sa.Column("side", sa.SmallInteger(), nullable=False),
        sa.Column("effect", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "version", name="ledger_entries_pkey"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ledger_entries_amount_minor_check")),
    )
    op.create_index("ledger_entries_transaction_id_idx", "ledger_entries", ["transaction_id"])
