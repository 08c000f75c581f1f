"""Payments that are split among connected accounts."""

from alembic import op

revision = "0010_payment_splits"
down_revision = "0009_inbox_leases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE payments ADD COLUMN splits jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.drop_column("payments", "splits")
