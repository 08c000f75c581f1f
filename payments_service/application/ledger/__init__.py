"""The ledger for callers: accounts of their own, posting to them, and reading all of it."""
