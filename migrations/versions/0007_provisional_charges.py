"""Charges that are booked before Stripe has booked them; which balance a balance transaction moves."""

from alembic import op

revision = "0007_provisional_charges"
down_revision = "0006_ledger_whole"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE provisional_charges (
            charge_id text NOT NULL,
            payment_id uuid NOT NULL,
            currency text NOT NULL,
            amount_minor bigint NOT NULL,
            ledger_transaction_id uuid NOT NULL,
            state text NOT NULL,
            record_time timestamptz NOT NULL DEFAULT clock_timestamp(),
            end_time timestamptz,
            CONSTRAINT provisional_charges_pkey PRIMARY KEY (charge_id)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX provisional_charges_record_time_idx ON provisional_charges (record_time)
            WHERE state = 'STANDING'
        """
    )
    op.execute("ALTER TABLE stripe_balance_transactions ADD COLUMN balance_type text NOT NULL DEFAULT 'payments'")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON provisional_charges TO {op.get_context().opts['role']}")


def downgrade() -> None:
    op.drop_column("stripe_balance_transactions", "balance_type")
    op.drop_table("provisional_charges")
