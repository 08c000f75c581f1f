"""`/v1/application_fees`: what the platform takes of the payments of its connected accounts, and gives back."""
