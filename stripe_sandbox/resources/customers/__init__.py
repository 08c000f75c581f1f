"""`/v1/customers`: who pays, with what, and what they are owed."""
