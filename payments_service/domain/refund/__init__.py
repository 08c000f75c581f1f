"""Refunds: what may be given back, at whose expense, and how refunds follow Stripe's."""
