"""`/v1/credit_notes`: taking back a part of an invoice that has been finalized."""
