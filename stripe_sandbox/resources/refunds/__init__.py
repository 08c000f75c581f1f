"""`/v1/refunds`: giving a charge back, in full or in part."""
