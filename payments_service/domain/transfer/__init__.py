"""Transfers to connected accounts: how they follow Stripe's."""
