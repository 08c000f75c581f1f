"""`/v1/accounts`: the connected accounts of the platform, from creation to deletion."""
