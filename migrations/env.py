"""Alembic's environment. `payments_service.storage.migrate` opens the connection and hands it over."""

from alembic import context

from payments_service.storage.migrate import run_migrations

run_migrations(context)
