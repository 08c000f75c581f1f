"""Calls to Stripe in three phases: store what will be sent, send it, store what came of it."""
