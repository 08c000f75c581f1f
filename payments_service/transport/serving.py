"""The way in for the command line: `payments serve`."""

from payments_service.config import Settings
from payments_service.transport.application import ApplicationFactory


def serve(settings: Settings, factory: ApplicationFactory, processes: int | None = None) -> int:
    """Serve until SIGTERM or SIGINT, with one process or several; prints one JSON line when ready.

    Args:
        settings: of the service.
        factory: a coroutine function at the top of a module, which makes the application.
        processes: instead of the settings' number.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: a setting keeps the server from starting.
        MethodTableError: handlers and methods do not match.
    """
    number = settings.grpc_processes if processes is None else processes
    if number > 1:
        from payments_service.transport.processes import serve_processes

        return serve_processes(settings, factory, number)
    from payments_service.transport.serve import serve_here

    return serve_here(settings, factory)
