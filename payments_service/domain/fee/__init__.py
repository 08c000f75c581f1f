"""The platform's fees: which schedule is in force, what it takes, and what Stripe will probably take."""
