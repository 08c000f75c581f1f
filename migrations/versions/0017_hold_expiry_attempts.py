"""When a hold that could not expire is tried again."""

from alembic import op

revision = "0017_hold_expiry_attempts"
down_revision = "0016_direct_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE ledger_hold_expiries ADD COLUMN next_attempt_time timestamptz")
    op.execute(
        "COMMENT ON COLUMN ledger_hold_expiries.next_attempt_time IS 'null: it has not been tried; at its expire_time'"
    )


def downgrade() -> None:
    op.drop_column("ledger_hold_expiries", "next_attempt_time")
