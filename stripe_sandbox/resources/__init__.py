"""Stripe's resources, a module each: its parameters, its endpoints and the shape of its object."""
