"""Numbers and seals of ledger transactions."""

from alembic import op

revision = "0011_ledger_seals"
down_revision = "0010_payment_splits"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE ledger_queue (
        record_time timestamptz NOT NULL,
        first_id uuid NOT NULL,
        transaction_ids uuid[] NOT NULL,
        CONSTRAINT ledger_queue_pkey PRIMARY KEY (record_time, first_id)
    )
    """,
    """
    CREATE TABLE ledger_sequence (
        number bigint CONSTRAINT ledger_sequence_pkey PRIMARY KEY,
        transaction_id uuid NOT NULL CONSTRAINT ledger_sequence_transaction_id_key UNIQUE,
        salt uuid NOT NULL
    )
    """,
    "COMMENT ON COLUMN ledger_sequence.salt IS 'keeps hashes of what a caller may not see from being guessed'",
    """
    CREATE TABLE ledger_seals (
        number bigint CONSTRAINT ledger_seals_pkey PRIMARY KEY,
        first_number bigint NOT NULL,
        last_number bigint NOT NULL CONSTRAINT ledger_seals_last_number_key UNIQUE,
        root bytea NOT NULL,
        previous_head bytea NOT NULL,
        seal_time timestamptz NOT NULL,
        key_id text NOT NULL,
        head bytea NOT NULL,
        signature bytea NOT NULL,
        leaves bytea NOT NULL
    )
    """,
    "COMMENT ON COLUMN ledger_seals.leaves IS 'of each transaction the leaf''s hash and hints'",
    """
    INSERT INTO sequence_heads (stream, incarnation)
    VALUES ('ledger', gen_random_uuid()), ('seals', gen_random_uuid())
    """,
    # What is in the books already waits for its number like anything new.
    """
    INSERT INTO ledger_queue
    SELECT min(record_time), (array_agg(id ORDER BY record_time, id))[1], array_agg(id ORDER BY record_time, id)
    FROM (
        SELECT id, record_time, (row_number() OVER (ORDER BY record_time, id) - 1) / 1000 AS part
        FROM ledger_transactions
    ) parts
    GROUP BY part
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    role = op.get_context().opts["role"]
    op.execute(f"GRANT SELECT, INSERT, DELETE ON ledger_queue TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON ledger_sequence, ledger_seals TO {role}")


def downgrade() -> None:
    for table in ("ledger_seals", "ledger_sequence", "ledger_queue"):
        op.drop_table(table)
    op.execute("DELETE FROM sequence_heads WHERE stream IN ('ledger', 'seals')")
