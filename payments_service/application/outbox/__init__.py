"""Telling other backends what happened: reading the outbox by cursor, and waiting for what comes next."""
