"""Stripe's events: made durable first, applied by a worker."""
