"""`/v1/subscriptions`: what is billed again and again, on the sandbox's clock."""
