"""The connected account that carries the charge of a direct payment."""

from alembic import op

revision = "0016_direct_payments"
down_revision = "0015_rechecks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE payments ADD COLUMN stripe_account text NOT NULL DEFAULT ''")
    op.execute("COMMENT ON COLUMN payments.stripe_account IS 'of a direct payment'")


def downgrade() -> None:
    op.drop_column("payments", "stripe_account")
