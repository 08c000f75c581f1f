"""The `payments` command."""
