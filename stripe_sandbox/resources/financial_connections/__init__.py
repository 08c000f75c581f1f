"""`/v1/financial_connections`: bank accounts that customers have shown to the platform."""
