"""Settlement: Stripe's balance transactions become ledger transactions, one for one."""
