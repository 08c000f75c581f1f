"""How far each Stripe account's balance transactions have been listed a second time."""

from alembic import op

revision = "0015_rechecks"
down_revision = "0014_verifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE stripe_accounts
            ADD COLUMN recheck_time timestamptz,
            ADD COLUMN rechecked_through timestamptz
        """
    )
    # So far each run listed the last ten minutes again.
    op.execute("UPDATE stripe_accounts SET rechecked_through = settled_through - interval '10 minutes'")


def downgrade() -> None:
    op.drop_column("stripe_accounts", "rechecked_through")
    op.drop_column("stripe_accounts", "recheck_time")
