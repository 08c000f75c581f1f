"""The tables, as SQLAlchemy Core knows them; `migrations/` makes them."""
