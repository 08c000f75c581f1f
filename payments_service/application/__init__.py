"""The use cases: each takes a command, asks the rules, and commits once through the unit of work."""
