"""What the sandbox remembers, in memory, for each Stripe account."""
