"""Settlement: list what Stripe booked, and book it."""
