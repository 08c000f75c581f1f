"""`/v1/payment_intents`: from the wish to be paid to a charge."""
