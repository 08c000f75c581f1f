"""A stateful double of Stripe over HTTP: the same paths, errors, money and webhooks, with faults on request."""

API_VERSION = "2026-10-28.endive"
"""The Stripe API version whose shapes and rules the sandbox speaks."""

ACCOUNT_API_VERSION = "2025-03-31.basil"
"""What a request without `Stripe-Version` gets: like many a real account, the platform's began under an older version.

For what the sandbox has, the two differ in one thing: the older one still takes `payment_method_types`, which the
Stripe CLI's `trigger` sends (without a version).
"""
