"""`/v1/checkout/sessions`: the payment page, and what comes of it."""
