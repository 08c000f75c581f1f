"""Use cases of disputes."""
