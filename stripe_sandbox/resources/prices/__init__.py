"""`/v1/prices` and `/v1/plans`: what a product costs, once or for each period."""
