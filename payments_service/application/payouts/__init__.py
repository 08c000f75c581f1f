"""Use cases of payouts."""
