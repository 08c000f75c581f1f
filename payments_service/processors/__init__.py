"""Everything that speaks to Stripe, and the one place where its JSON becomes our types."""
