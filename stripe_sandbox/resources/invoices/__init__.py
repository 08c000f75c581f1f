"""`/v1/invoices`, `/v1/invoiceitems` and `/v1/invoice_payments`: from a draft to the money of its payment intent."""
