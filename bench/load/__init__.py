"""Clients that cost little: what they take from the machine is missing to the servers that are measured."""
