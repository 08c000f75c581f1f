"""`/v1/topups`: money from a bank account into the balance."""
