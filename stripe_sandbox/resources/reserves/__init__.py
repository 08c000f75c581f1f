"""Reserves: what Stripe holds back of an account's funds. Stripe shows them in events and balance transactions only."""
