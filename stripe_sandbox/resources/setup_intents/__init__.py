"""`/v1/setup_intents`: saving a payment method for later, with the customer's consent."""
