"""The channel of a command line to the service."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from payments_service.cli.errors import EXIT_USAGE, CommandError
from payments_service.config import LOOPBACK


@dataclass(frozen=True, slots=True)
class ChannelTls:
    """What TLS needs on a caller's side, as PEM files.

    Attributes:
        ca_file: what the server's certificate is checked against.
        cert_file: a client certificate, for a server that asks for one.
        key_file: the key of that certificate.
    """

    ca_file: Path
    cert_file: Path | None = None
    key_file: Path | None = None


def open_channel(target: str, tls: ChannelTls | None) -> grpc.aio.Channel:
    """A channel to `target`, host:port; in the clear without `tls`, and then to this machine alone.

    Raises:
        CommandError: a file cannot be read, or a token would cross a network in the clear.
    """
    # A local proxy setting must not come between us and a service next door.
    options = [("grpc.enable_http_proxy", 0)]
    if tls is not None:
        return grpc.aio.secure_channel(target, _credentials(tls), options=options)
    if target.rpartition(":")[0] not in LOOPBACK:
        raise CommandError(
            f"--ca-file: {target} is another machine: name a file with the certificates that the server's is checked "
            "against",
            EXIT_USAGE,
        )
    return grpc.aio.insecure_channel(target, options=options)


def _credentials(tls: ChannelTls) -> grpc.ChannelCredentials:
    """Read the files, checked here because gRPC would only say "unavailable" at the first call."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authorities = _read("--ca-file", tls.ca_file)
    try:
        context.load_verify_locations(tls.ca_file)
    except ssl.SSLError:
        raise CommandError(f"--ca-file: {tls.ca_file} holds no certificate in PEM form", EXIT_USAGE) from None
    if tls.cert_file is None and tls.key_file is None:
        return grpc.ssl_channel_credentials(authorities)
    if tls.cert_file is None or tls.key_file is None:
        raise CommandError("--cert-file, --key-file: give both or neither", EXIT_USAGE)
    certificate, key = _read("--cert-file", tls.cert_file), _read("--key-file", tls.key_file)
    try:
        # A password of its own, or OpenSSL would ask for one on the terminal.
        context.load_cert_chain(tls.cert_file, tls.key_file, password="")
    except ssl.SSLError:
        raise CommandError(
            f"--cert-file, --key-file: {tls.cert_file} and {tls.key_file} are no certificate and its key in PEM form, "
            "without a password",
            EXIT_USAGE,
        ) from None
    return grpc.ssl_channel_credentials(authorities, key, certificate)


def _read(option: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{option}: cannot read {path}: {error.strerror}", EXIT_USAGE) from None
