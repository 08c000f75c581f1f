"""The ledger, whole: reversals, accounts of callers, balances at an effective time, holds that expire, receivables."""

from alembic import op

revision = "0006_ledger_whole"
down_revision = "0005_fee_schedules"
branch_labels = None
depends_on = None

KINDS = "ALTER TABLE ledger_transactions ADD CONSTRAINT ledger_transactions_kind_check CHECK (kind IN ({}))"

CHANGES = (
    "ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_kind_check",
    KINDS.format("'post', 'hold', 'capture', 'void', 'expire', 'reverse'"),
    # Metadata can be asked for; most transactions of callers have none, and must not pay for it.
    """
    CREATE INDEX ledger_transactions_metadata_idx ON ledger_transactions USING gin (metadata jsonb_path_ops)
        WHERE metadata <> '{}'
    """,
    """
    ALTER TABLE ledger_accounts
        ADD COLUMN revision bigint NOT NULL DEFAULT 0,
        ADD COLUMN update_time timestamptz
    """,
    "UPDATE ledger_accounts SET update_time = create_time",
    """
    ALTER TABLE ledger_accounts
        ALTER COLUMN update_time SET DEFAULT clock_timestamp(),
        ALTER COLUMN update_time SET NOT NULL
    """,
    "CREATE INDEX ledger_accounts_owner_id_id_idx ON ledger_accounts (owner_id, id) WHERE owner_id IS NOT NULL",
)

EFFECTIVE_TIMES = (
    """
    CREATE TABLE ledger_shifted_entries (
        account_id uuid NOT NULL,
        version bigint NOT NULL,
        amount_minor bigint NOT NULL,
        shifted_debits bigint NOT NULL,
        shifted_credits bigint NOT NULL,
        effective_time timestamptz NOT NULL,
        side smallint NOT NULL,
        CONSTRAINT ledger_shifted_entries_pkey PRIMARY KEY (account_id, version)
    )
    """,
    """
    CREATE INDEX ledger_shifted_entries_account_id_effective_time_idx
        ON ledger_shifted_entries (account_id, effective_time) INCLUDE (side, amount_minor)
    """,
    """
    CREATE TABLE ledger_effective_totals (
        account_id uuid NOT NULL,
        width smallint NOT NULL,
        start_time timestamptz NOT NULL,
        debits bigint NOT NULL,
        credits bigint NOT NULL,
        CONSTRAINT ledger_effective_totals_pkey PRIMARY KEY (account_id, width, start_time)
    )
    """,
    """
    INSERT INTO ledger_shifted_entries
    SELECT e.account_id, e.version, e.amount_minor,
           coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 1) OVER up_to_here, 0),
           coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 2) OVER up_to_here, 0),
           t.effective_time, e.side
    FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
    WHERE e.effect IN (1, 3) AND t.effective_time <> t.record_time
    WINDOW up_to_here AS (PARTITION BY e.account_id ORDER BY e.version)
    """,
    """
    INSERT INTO ledger_effective_totals
    SELECT s.account_id, w.width,
           to_timestamp(floor(extract(epoch FROM s.effective_time) / w.seconds) * w.seconds) AS start_time,
           coalesce(sum(s.amount_minor) FILTER (WHERE s.side = 1), 0),
           coalesce(sum(s.amount_minor) FILTER (WHERE s.side = 2), 0)
    FROM ledger_shifted_entries s CROSS JOIN (VALUES (1::smallint, 86400), (2::smallint, 300)) AS w (width, seconds)
    GROUP BY s.account_id, w.width, start_time
    """,
)

HOLDS = (
    """
    CREATE TABLE ledger_hold_expiries (
        expire_time timestamptz NOT NULL,
        transaction_id uuid NOT NULL,
        CONSTRAINT ledger_hold_expiries_pkey PRIMARY KEY (expire_time, transaction_id)
    )
    """,
    """
    INSERT INTO ledger_hold_expiries
    SELECT expire_time, id FROM ledger_transactions h
    WHERE kind = 'hold' AND expire_time IS NOT NULL
      AND NOT EXISTS (SELECT FROM ledger_transactions l WHERE l.target_id = h.id AND l.kind IN ('void', 'expire'))
    """,
)

RECEIVABLES = (
    # A colon before a word would be taken for a parameter, were it not for the backslash.
    r"UPDATE ledger_accounts SET floor_minor = 0 WHERE code LIKE 'creator:%\:payable:%' AND floor_minor IS NULL",
    r"""
    INSERT INTO ledger_accounts (id, code, currency, kind, owner_id)
    SELECT DISTINCT ON (made.code)
           overlay(gen_random_uuid()::text PLACING 'f' FROM 1)::uuid, made.code, made.currency, 'asset', made.owner_id
    FROM (
        SELECT 'receivable:' || regexp_replace(code, '^(wallet|creator):(.+?)(\:payable)?:[^:]*$', '\2') || ':'
                   || currency,
               currency, owner_id
        FROM ledger_accounts WHERE code LIKE 'wallet:%' OR code LIKE 'creator:%\:payable:%'
    ) AS made (code, currency, owner_id)
    ON CONFLICT (code) DO NOTHING
    """,
)
"""Each wallet and payable has its receivable from the start, with a higher id: whoever needs both locks it second."""


def upgrade() -> None:
    for statement in (*CHANGES, *EFFECTIVE_TIMES, *HOLDS, *RECEIVABLES):
        op.execute(statement)
    role = op.get_context().opts["role"]
    op.execute(f"GRANT SELECT, INSERT ON ledger_shifted_entries TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON ledger_effective_totals TO {role}")
    # UPDATE is what locking a row needs; a row leaves when its hold is done with.
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_hold_expiries TO {role}")


def downgrade() -> None:
    for table in ("ledger_hold_expiries", "ledger_effective_totals", "ledger_shifted_entries"):
        op.drop_table(table)
    op.drop_index("ledger_accounts_owner_id_id_idx")
    op.drop_column("ledger_accounts", "update_time")
    op.drop_column("ledger_accounts", "revision")
    op.drop_index("ledger_transactions_metadata_idx")
    # Floors and receivables stay: the older code knows both. Reversals in the books make this fail, as they must.
    op.execute("ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_kind_check")
    op.execute(KINDS.format("'post', 'hold', 'capture', 'void', 'expire'"))
