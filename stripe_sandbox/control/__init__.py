"""The `/_sandbox/…` endpoints: how a test or an operator moves the sandbox's clock, events and faults."""
