"""Where the server listens, and whether in the clear: the one place that chooses credentials."""

import grpc
import structlog

from payments_service.config import ConfigurationError, Settings
from payments_service.transport.addresses import GRPC_ADDRESS, GRPC_MTLS_ADDRESS, Addresses, check_free
from payments_service.transport.credentials import tls_credentials
from payments_service.transport.tls import TlsFiles, check_tls

_log = structlog.get_logger()


def listen(server: grpc.aio.Server, settings: Settings, addresses: Addresses, *, share_port: bool) -> Addresses:
    """Make the server listen (port 0: a free one).

    Without TLS on loopback alone. With client authorities configured, callers must show a certificate: on the address
    that is for them where there is one, else on the only one.

    Returns:
        The addresses with the ports that it got.

    Raises:
        ConfigurationError: an address is in use or not of this machine, a file of TLS is bad, or plaintext would leave
            this machine.
    """
    check_tls(settings)
    files = TlsFiles.of(settings)
    only = not addresses.mtls and settings.tls_client_ca_file is not None
    grpc_address = _listen(server, GRPC_ADDRESS, addresses.grpc, files, certificates=only, share_port=share_port)
    mtls_address = ""
    if addresses.mtls:
        mtls_address = _listen(
            server, GRPC_MTLS_ADDRESS, addresses.mtls, files, certificates=True, share_port=share_port
        )
    return Addresses(grpc_address, mtls_address)


def _listen(
    server: grpc.aio.Server,
    variable: str,
    address: str,
    files: TlsFiles | None,
    *,
    certificates: bool,
    share_port: bool,
) -> str:
    if not share_port:
        check_free(address, variable)  # gRPC would say it in many words of its own on standard error
    try:
        if files is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, tls_credentials(files, client_certificates=certificates))
    except RuntimeError:
        port = 0
    if port == 0:
        raise ConfigurationError(f"{variable}: cannot listen on {address}: in use, or not an address of this machine")
    bound = f"{address.rpartition(':')[0]}:{port}"
    _log.info("listening", address=bound, tls=files is not None, client_certificates=certificates)
    return bound
