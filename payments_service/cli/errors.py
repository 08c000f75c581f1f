"""How a command fails: a message that is printed as it is, and an exit code."""

EXIT_FAILURE = 1
EXIT_USAGE = 2


class CommandError(Exception):
    """A command cannot go on. The message says what is wrong and what to do; no stack trace goes with it."""

    def __init__(self, message: str, exit_code: int = EXIT_FAILURE) -> None:
        """Take the message and the exit code: 1 for a failure, 2 for wrong usage or configuration."""
        super().__init__(message)
        self.exit_code = exit_code
