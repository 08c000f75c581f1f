"""The webhook gateway: receives Stripe's events, proves that they are Stripe's and hands them to the payments service.

It faces the internet, so it holds neither a database password nor a Stripe API key: only the signing secrets of its
endpoints and a token that may record events and nothing else.
"""
