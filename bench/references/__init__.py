"""What is measured against: the least that the same server, database or web framework can do."""
