"""Verifications: what is being computed again, and how far it has come."""

from alembic import op

revision = "0014_verifications"
down_revision = "0013_event_polls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE verifications (
            id uuid CONSTRAINT verifications_pkey PRIMARY KEY,
            state text NOT NULL,
            results jsonb NOT NULL,
            position jsonb NOT NULL,
            actor text NOT NULL,
            create_time timestamptz NOT NULL,
            end_time timestamptz
        )
        """
    )
    op.execute("CREATE INDEX verifications_id_idx ON verifications (id) WHERE state = 'RUNNING'")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON verifications TO {op.get_context().opts['role']}")


def downgrade() -> None:
    op.drop_table("verifications")
