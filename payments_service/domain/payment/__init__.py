"""Payments: states, how they follow Stripe, and what a purchase adds up to."""
