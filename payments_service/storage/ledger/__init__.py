"""The ledger in Postgres: one writer, readers, and the SQL of both."""
