"""Suspense accounts are few and are looked at all the time."""

from alembic import op

revision = "0008_suspense_index"
down_revision = "0007_provisional_charges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # By the code alone, which never changes, so that a posting updates no index.
    op.execute(r"CREATE INDEX ledger_accounts_suspense_idx ON ledger_accounts (code) WHERE code LIKE '%suspense\:%'")


def downgrade() -> None:
    op.execute("DROP INDEX ledger_accounts_suspense_idx")
