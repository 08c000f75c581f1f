"""Events told to webhook endpoints: signed, delivered with retries, disturbed on request."""
