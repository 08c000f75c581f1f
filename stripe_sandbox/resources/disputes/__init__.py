"""`/v1/disputes`: what customers' banks do not leave with a charge."""
