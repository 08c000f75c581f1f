"""Loops that run beside the calls: each has one `run_once`."""
