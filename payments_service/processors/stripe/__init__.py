"""Stripe over HTTP, through the official library, in our words."""
