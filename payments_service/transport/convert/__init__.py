"""Conversions between messages and our types, one file per area."""
