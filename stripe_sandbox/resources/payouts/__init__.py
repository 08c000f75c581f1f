"""`/v1/payouts`: money on its way from a balance to a bank account."""
