"""What each type of Stripe's events means, a module an area."""
