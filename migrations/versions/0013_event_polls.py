"""How far each Stripe account has been asked for events whose delivery was lost."""

from alembic import op

revision = "0013_event_polls"
down_revision = "0012_disputes_payouts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE stripe_accounts
            ADD COLUMN poll_time timestamptz,
            ADD COLUMN polled_through timestamptz
        """
    )


def downgrade() -> None:
    op.drop_column("stripe_accounts", "polled_through")
    op.drop_column("stripe_accounts", "poll_time")
