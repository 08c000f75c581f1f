"""`/v1/balance_settings`: when funds become available and when they are paid out."""
