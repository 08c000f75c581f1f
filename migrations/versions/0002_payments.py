"""Payments, their operations and idempotency keys, Stripe's events and balance transactions."""

from alembic import op

revision = "0002_payments"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE payments (
        id uuid CONSTRAINT payments_pkey PRIMARY KEY,
        owner_id text NOT NULL,
        reference text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        amount_captured_minor bigint NOT NULL,
        amount_refunded_minor bigint NOT NULL,
        charge_model text NOT NULL,
        state text NOT NULL,
        stripe_status text NOT NULL,
        description text NOT NULL,
        metadata jsonb NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        observed_time timestamptz,
        failure jsonb,
        intent_id text NOT NULL,
        charge_id text NOT NULL,
        balance_transaction_id text NOT NULL,
        event_ids jsonb NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX payments_intent_id_idx ON payments (intent_id) WHERE intent_id <> ''",
    "CREATE INDEX payments_reference_id_idx ON payments (reference, id) WHERE reference <> ''",
    "CREATE INDEX payments_owner_id_id_idx ON payments (owner_id, id)",
    """
    CREATE TABLE idempotency_keys (
        digest bytea CONSTRAINT idempotency_keys_pkey PRIMARY KEY,
        fingerprint bytea NOT NULL,
        operation_id uuid NOT NULL,
        outcome bytea,
        create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
        complete_time timestamptz
    )
    """,
    "COMMENT ON COLUMN idempotency_keys.outcome IS 'encrypted'",
    """
    CREATE TABLE stripe_operations (
        id uuid CONSTRAINT stripe_operations_pkey PRIMARY KEY,
        kind text NOT NULL,
        object_id uuid NOT NULL,
        claim bytea NOT NULL,
        method text NOT NULL,
        request_id text NOT NULL,
        call jsonb NOT NULL,
        state text NOT NULL,
        create_time timestamptz NOT NULL,
        execute_until timestamptz NOT NULL,
        lease_until timestamptz NOT NULL,
        next_attempt_time timestamptz NOT NULL,
        attempts integer NOT NULL,
        last_error text NOT NULL DEFAULT '',
        finish_time timestamptz
    )
    """,
    """
    CREATE INDEX stripe_operations_next_attempt_time_idx ON stripe_operations (next_attempt_time)
    WHERE state = 'IN_PROGRESS'
    """,
    """
    CREATE TABLE stripe_events (
        id uuid CONSTRAINT stripe_events_pkey PRIMARY KEY,
        stripe_account text NOT NULL,
        livemode boolean NOT NULL,
        event_id text NOT NULL,
        type text NOT NULL,
        category text NOT NULL,
        create_time timestamptz,
        api_version text NOT NULL,
        object_type text NOT NULL,
        object_id text NOT NULL,
        related_ids jsonb NOT NULL,
        endpoint text NOT NULL,
        secret_index integer NOT NULL,
        request_id text NOT NULL,
        body bytea NOT NULL,
        state text NOT NULL,
        receive_time timestamptz NOT NULL DEFAULT clock_timestamp(),
        next_attempt_time timestamptz NOT NULL DEFAULT clock_timestamp(),
        attempts integer NOT NULL DEFAULT 0,
        last_error text NOT NULL DEFAULT '',
        done_time timestamptz
    )
    """,
    """
    CREATE UNIQUE INDEX stripe_events_stripe_account_livemode_event_id_idx
    ON stripe_events (stripe_account, livemode, event_id)
    """,
    "CREATE INDEX stripe_events_next_attempt_time_idx ON stripe_events (next_attempt_time) WHERE state = 'PENDING'",
    """
    CREATE TABLE stripe_accounts (
        stripe_account text CONSTRAINT stripe_accounts_pkey PRIMARY KEY,
        due_count bigint NOT NULL DEFAULT 0,
        settled_count bigint NOT NULL DEFAULT 0,
        settled_through timestamptz,
        settle_time timestamptz,
        lease_until timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    "COMMENT ON COLUMN stripe_accounts.stripe_account IS 'empty: the platform'",
    # The platform's own account is swept from the first day, whether or not an event ever names it.
    "INSERT INTO stripe_accounts (stripe_account) VALUES ('')",
    """
    CREATE TABLE stripe_balance_transactions (
        stripe_account text NOT NULL,
        id text NOT NULL,
        type text NOT NULL,
        reporting_category text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        fee_minor bigint NOT NULL,
        net_minor bigint NOT NULL,
        fee_details jsonb NOT NULL,
        created timestamptz NOT NULL,
        available_on timestamptz NOT NULL,
        description text NOT NULL,
        source_id text NOT NULL,
        intent_id text NOT NULL,
        exchange_rate text NOT NULL,
        payment_id uuid,
        ledger_transaction_id uuid,
        record_time timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT stripe_balance_transactions_pkey PRIMARY KEY (stripe_account, id)
    )
    """,
    """
    CREATE INDEX stripe_balance_transactions_payment_id_idx ON stripe_balance_transactions (payment_id)
    WHERE payment_id IS NOT NULL
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    role = op.get_context().opts["role"]
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON payments, stripe_operations, stripe_events, stripe_accounts TO {role}")
    # A key is given up when it is certain that nothing happened.
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON stripe_balance_transactions TO {role}")


def downgrade() -> None:
    for table in (
        "stripe_balance_transactions",
        "stripe_accounts",
        "stripe_events",
        "stripe_operations",
        "idempotency_keys",
        "payments",
    ):
        op.drop_table(table)
