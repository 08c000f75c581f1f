"""What is common to every Stripe endpoint: forms, parameters, errors, routing, idempotency, lists and expansion."""
