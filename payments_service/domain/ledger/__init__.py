"""The ledger's rules: what an account is, what may be posted, and what a batch of requests does to the books."""
