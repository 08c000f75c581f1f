"""Faults on request: what goes wrong, where, how often."""
