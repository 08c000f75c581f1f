"""`payments serve`: the gRPC server."""

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.development import with_development_keys
from payments_service.cli.errors import CommandError
from payments_service.cli.lifeline import hold_lifeline
from payments_service.config import load_settings
from payments_service.transport.tls import allow_tls_1_3_only, check_tls


def run_serve(*, processes: int | None, address: str | None) -> int:
    """Serve until a signal or the end of the lifeline; returns the exit code.

    Raises:
        ConfigurationError: a setting keeps the server from starting.
        CommandError: the embedded Postgres or the data folder cannot be used.
    """
    settings = load_settings() if address is None else load_settings(grpc_address=address)
    hold_lifeline(settings)
    settings = with_development_keys(settings, DataFolder(settings.data_dir))
    check_tls(settings)  # before a database is started for nothing
    if settings.tls_cert_file is not None:
        allow_tls_1_3_only()  # before the import below: it brings gRPC
    from payments_service.bootstrap import build_application
    from payments_service.cli.database import with_database
    from payments_service.transport.methods import MethodTableError
    from payments_service.transport.serving import serve

    with with_database(settings) as ready:
        try:
            return serve(ready, build_application, processes)
        except MethodTableError as error:
            raise CommandError(f"protos and handlers do not match, run `make proto`: {error}") from error
