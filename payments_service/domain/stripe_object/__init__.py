"""Stripe's objects that are followed: their kinds, and what is kept of those without a model of their own."""
