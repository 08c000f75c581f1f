"""Payouts: how they follow Stripe's, and when their money has arrived."""
