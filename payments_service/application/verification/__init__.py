"""Verifying the whole ledger, a stretch at a time."""
