"""`/v1/charges`: what payment intents and transfers make, and what it books."""
