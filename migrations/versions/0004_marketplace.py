"""Connected accounts and refunds; what payments and balance transactions know of them."""

from alembic import op

revision = "0004_marketplace"
down_revision = "0003_outbox"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE connected_accounts (
        id uuid CONSTRAINT connected_accounts_pkey PRIMARY KEY,
        owner_id text NOT NULL,
        stripe_account text NOT NULL,
        state text NOT NULL,
        country text NOT NULL,
        email text NOT NULL,
        business_type text NOT NULL,
        default_currency text NOT NULL,
        charges_enabled boolean NOT NULL,
        payouts_enabled boolean NOT NULL,
        transfers_enabled boolean NOT NULL,
        details_submitted boolean NOT NULL,
        requirements jsonb NOT NULL,
        metadata jsonb NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        observed_time timestamptz
    )
    """,
    # An owner has one account; one that could not be created does not count.
    "CREATE UNIQUE INDEX connected_accounts_owner_id_idx ON connected_accounts (owner_id) WHERE state <> 'FAILED'",
    """
    CREATE UNIQUE INDEX connected_accounts_stripe_account_idx ON connected_accounts (stripe_account)
    WHERE stripe_account <> ''
    """,
    """
    CREATE TABLE refunds (
        id uuid CONSTRAINT refunds_pkey PRIMARY KEY,
        payment_id uuid NOT NULL,
        owner_id text NOT NULL,
        reference text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        state text NOT NULL,
        stripe_status text NOT NULL,
        reason text NOT NULL,
        absorb_by text NOT NULL,
        reverse_transfer boolean NOT NULL,
        refund_platform_fee boolean NOT NULL,
        failure_reason text NOT NULL,
        metadata jsonb NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        observed_time timestamptz,
        stripe_refund_id text NOT NULL,
        balance_transaction_id text NOT NULL,
        transfer_reversal_id text NOT NULL
    )
    """,
    "CREATE INDEX refunds_payment_id_id_idx ON refunds (payment_id, id)",
    "CREATE INDEX refunds_owner_id_id_idx ON refunds (owner_id, id)",
    "CREATE UNIQUE INDEX refunds_stripe_refund_id_idx ON refunds (stripe_refund_id) WHERE stripe_refund_id <> ''",
    """
    ALTER TABLE payments
        ADD COLUMN capture_method text NOT NULL DEFAULT 'AUTOMATIC',
        ADD COLUMN amount_capturable_minor bigint NOT NULL DEFAULT 0,
        ADD COLUMN connected_account_id uuid,
        ADD COLUMN platform_fee_minor bigint NOT NULL DEFAULT 0,
        ADD COLUMN transfer_id text NOT NULL DEFAULT '',
        ADD COLUMN application_fee_id text NOT NULL DEFAULT ''
    """,
    """
    CREATE INDEX payments_connected_account_id_id_idx ON payments (connected_account_id, id)
    WHERE connected_account_id IS NOT NULL
    """,
    """
    ALTER TABLE stripe_balance_transactions
        ADD COLUMN parent_id text NOT NULL DEFAULT '',
        ADD COLUMN connected_account_id uuid
    """,
    """
    CREATE INDEX stripe_balance_transactions_parent_id_idx ON stripe_balance_transactions (parent_id)
    WHERE parent_id <> ''
    """,
    """
    CREATE INDEX stripe_balance_transactions_source_id_idx ON stripe_balance_transactions (source_id)
    WHERE source_id <> ''
    """,
    """
    CREATE INDEX stripe_operations_object_id_idx ON stripe_operations (object_id)
    WHERE state = 'IN_PROGRESS'
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    role = op.get_context().opts["role"]
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON connected_accounts, refunds TO {role}")


def downgrade() -> None:
    op.execute("DROP INDEX stripe_operations_object_id_idx")
    op.execute("ALTER TABLE stripe_balance_transactions DROP COLUMN parent_id, DROP COLUMN connected_account_id")
    op.execute("DROP INDEX stripe_balance_transactions_source_id_idx")
    op.execute(
        "ALTER TABLE payments DROP COLUMN capture_method, DROP COLUMN amount_capturable_minor, "
        "DROP COLUMN connected_account_id, DROP COLUMN platform_fee_minor, DROP COLUMN transfer_id, "
        "DROP COLUMN application_fee_id"
    )
    op.drop_table("refunds")
    op.drop_table("connected_accounts")
