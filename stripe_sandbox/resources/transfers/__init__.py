"""`/v1/transfers`: moving funds between the platform and its connected accounts."""
