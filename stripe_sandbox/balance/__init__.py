"""The sandbox's own bookkeeping of Stripe balances, independent of the service that it helps to check."""
