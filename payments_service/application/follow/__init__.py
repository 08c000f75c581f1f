"""Our payments, refunds and connected accounts follow what Stripe says of theirs, whoever noticed that they should."""
