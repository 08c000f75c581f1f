"""Use cases of refunds."""
