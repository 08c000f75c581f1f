"""Use cases of connected accounts."""
