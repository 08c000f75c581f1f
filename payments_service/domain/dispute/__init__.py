"""Disputes: how they follow Stripe's, and what they do to the books."""
