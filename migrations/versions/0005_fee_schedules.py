"""The platform's fee schedules."""

from alembic import op

revision = "0005_fee_schedules"
down_revision = "0004_marketplace"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE fee_schedules (
        id uuid CONSTRAINT fee_schedules_pkey PRIMARY KEY,
        kind text NOT NULL,
        account_id uuid NOT NULL,
        version integer NOT NULL,
        effective_time timestamptz NOT NULL,
        create_time timestamptz NOT NULL,
        created_by text NOT NULL,
        rules jsonb NOT NULL
    )
    """,
    "COMMENT ON COLUMN fee_schedules.account_id IS 'connected account; the nil UUID: all accounts'",
    "COMMENT ON COLUMN fee_schedules.rules IS 'by currency'",
    """
    CREATE UNIQUE INDEX fee_schedules_kind_account_id_version_idx ON fee_schedules (kind, account_id, version)
    """,
    """
    CREATE INDEX fee_schedules_kind_account_id_effective_time_idx ON fee_schedules (kind, account_id, effective_time)
    """,
    "CREATE INDEX fee_schedules_account_id_id_idx ON fee_schedules (account_id, id)",
    """
    CREATE TABLE fee_schedule_versions (
        kind text NOT NULL,
        account_id uuid NOT NULL,
        newest integer NOT NULL,
        CONSTRAINT fee_schedule_versions_pkey PRIMARY KEY (kind, account_id)
    )
    """,
    "COMMENT ON COLUMN fee_schedule_versions.account_id IS 'connected account; the nil UUID: all accounts'",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    role = op.get_context().opts["role"]
    # A schedule never changes: what was charged by it must stay explicable.
    op.execute(f"GRANT SELECT, INSERT ON fee_schedules TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON fee_schedule_versions TO {role}")


def downgrade() -> None:
    for table in ("fee_schedule_versions", "fee_schedules"):
        op.drop_table(table)
