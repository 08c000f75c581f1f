"""Disputes, payouts, transfers and other objects of Stripe; what payments know of disputes and risks."""

from alembic import op

revision = "0012_disputes_payouts"
down_revision = "0011_ledger_seals"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE disputes (
        id uuid CONSTRAINT disputes_pkey PRIMARY KEY,
        stripe_dispute_id text NOT NULL,
        stripe_account text NOT NULL,
        payment_id uuid,
        connected_account_id uuid,
        owner_id text NOT NULL,
        reference text NOT NULL,
        charge_id text NOT NULL,
        intent_id text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        state text NOT NULL,
        stripe_status text NOT NULL,
        reason text NOT NULL,
        stripe_reason text NOT NULL,
        network_reason_code text NOT NULL,
        evidence_due_time timestamptz,
        submission_count integer NOT NULL,
        withheld_minor jsonb NOT NULL,
        losses jsonb NOT NULL,
        holds jsonb NOT NULL,
        posted integer NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        observed_time timestamptz
    )
    """,
    "COMMENT ON COLUMN disputes.withheld_minor IS 'by currency'",
    "CREATE UNIQUE INDEX disputes_stripe_dispute_id_idx ON disputes (stripe_dispute_id)",
    "CREATE INDEX disputes_payment_id_id_idx ON disputes (payment_id, id) WHERE payment_id IS NOT NULL",
    "CREATE INDEX disputes_owner_id_id_idx ON disputes (owner_id, id)",
    """
    CREATE TABLE payouts (
        id uuid CONSTRAINT payouts_pkey PRIMARY KEY,
        stripe_payout_id text NOT NULL,
        stripe_account text NOT NULL,
        connected_account_id uuid,
        owner_id text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        moved_currency text NOT NULL,
        moved_minor bigint NOT NULL,
        state text NOT NULL,
        stripe_status text NOT NULL,
        arrival_time timestamptz,
        automatic boolean NOT NULL,
        method text NOT NULL,
        failure_code text NOT NULL,
        balance_transaction_id text NOT NULL,
        failure_balance_transaction_id text NOT NULL,
        original_payout_id text NOT NULL,
        reversed_by_id text NOT NULL,
        reconciliation_status text NOT NULL,
        arrived jsonb,
        posted integer NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        observed_time timestamptz
    )
    """,
    "CREATE UNIQUE INDEX payouts_stripe_payout_id_idx ON payouts (stripe_payout_id)",
    "CREATE INDEX payouts_stripe_account_id_idx ON payouts (stripe_account, id)",
    "CREATE INDEX payouts_owner_id_id_idx ON payouts (owner_id, id)",
    """
    CREATE TABLE transfers (
        id uuid CONSTRAINT transfers_pkey PRIMARY KEY,
        stripe_transfer_id text NOT NULL,
        connected_account_id uuid,
        owner_id text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        amount_reversed_minor bigint NOT NULL,
        state text NOT NULL,
        destination text NOT NULL,
        source_transaction_id text NOT NULL,
        destination_payment_id text NOT NULL,
        balance_transaction_id text NOT NULL,
        transfer_group text NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        observed_time timestamptz
    )
    """,
    "CREATE UNIQUE INDEX transfers_stripe_transfer_id_idx ON transfers (stripe_transfer_id)",
    """
    CREATE INDEX transfers_connected_account_id_id_idx ON transfers (connected_account_id, id)
    WHERE connected_account_id IS NOT NULL
    """,
    """
    CREATE TABLE stripe_objects (
        stripe_account text NOT NULL,
        kind text NOT NULL,
        id text NOT NULL,
        status text NOT NULL,
        facts jsonb NOT NULL,
        livemode boolean NOT NULL,
        deleted boolean NOT NULL,
        event_id text NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        observed_time timestamptz NOT NULL,
        CONSTRAINT stripe_objects_pkey PRIMARY KEY (stripe_account, kind, id)
    )
    """,
    "COMMENT ON COLUMN stripe_objects.stripe_account IS 'empty: the platform'",
    "COMMENT ON COLUMN stripe_objects.facts IS 'no secrets, no personal data'",
    # The defaults are constants, so that no row is rewritten, and code from before this migration can go on inserting.
    "ALTER TABLE payments ADD COLUMN disputed_minor bigint NOT NULL DEFAULT 0",
    "ALTER TABLE payments ADD COLUMN risks jsonb NOT NULL DEFAULT '{}'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    role = op.get_context().opts["role"]
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON disputes, payouts, transfers, stripe_objects TO {role}")


def downgrade() -> None:
    for column in ("risks", "disputed_minor"):
        op.drop_column("payments", column)
    for table in ("stripe_objects", "transfers", "payouts", "disputes"):
        op.drop_table(table)
