"""`/v1/radar/early_fraud_warnings` and `/v1/reviews`: doubts about a charge."""
