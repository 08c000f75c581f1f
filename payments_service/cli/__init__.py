"""The command line: `payments …`. A command's machinery is imported only when the command runs."""
