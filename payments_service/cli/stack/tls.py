"""TLS of the stack: whose certificates, and what server, gateway and callers are told of them."""

from dataclasses import dataclass
from pathlib import Path

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.errors import EXIT_USAGE, CommandError
from payments_service.cli.stack.certificates import DEVELOPER, WEBHOOK_GATEWAY, LocalCertificates, local_certificates
from payments_service.config import CertificateGrant, Settings
from payments_service.transport.development_token import DEVELOPMENT_SCOPES


@dataclass(frozen=True, slots=True)
class StackTls:
    """The certificates of a stack.

    Attributes:
        ca_file: what callers check the server's certificate against.
        local: what the stack's own authority has issued; None when the settings name a certificate of the user's.
    """

    ca_file: Path
    local: LocalCertificates | None

    def server_settings(self, mtls_address: str) -> dict[str, object]:
        """Settings of the server that are not the user's own.

        Args:
            mtls_address: where callers with a client certificate of the local authority are taken; empty: nowhere.
        """
        if self.local is None:
            return {}
        told: dict[str, object] = {
            "tls_cert_file": self.local.server.certificate,
            "tls_key_file": self.local.server.key,
        }
        if mtls_address:
            told["grpc_mtls_address"] = mtls_address
            told["tls_client_ca_file"] = self.local.authority
            told["auth_spiffe_scopes"] = {
                DEVELOPER: CertificateGrant(scopes=DEVELOPMENT_SCOPES),
                WEBHOOK_GATEWAY: CertificateGrant(scopes=("events.ingest",)),
            }
        return told


def plan_tls(settings: Settings, folder: DataFolder, *, plaintext: bool) -> StackTls | None:
    """The certificates of a stack by its settings; None when it speaks in the clear.

    Beyond loopback nothing is made up: the names that other machines use are not known here.

    Raises:
        CommandError: the settings do not go together, or the data folder cannot be used.
    """
    if settings.tls_cert_file is not None:
        return _of_the_user(settings, plaintext=plaintext)
    if plaintext or not settings.grpc_is_loopback:
        return None
    local = local_certificates(folder)
    return StackTls(local.authority, local)


def _of_the_user(settings: Settings, *, plaintext: bool) -> StackTls:
    if plaintext:
        raise CommandError("--plaintext: PAYMENTS_TLS_CERT_FILE is set: unset it, or leave the option out", EXIT_USAGE)
    if settings.tls_ca_file is None:
        raise CommandError(
            "PAYMENTS_TLS_CA_FILE: is required with PAYMENTS_TLS_CERT_FILE: the certificates that the stack's own "
            "callers check the server's against",
            EXIT_USAGE,
        )
    if settings.tls_client_ca_file is not None and not settings.grpc_mtls_address:
        raise CommandError(
            "PAYMENTS_GRPC_MTLS_ADDRESS: is required with PAYMENTS_TLS_CLIENT_CA_FILE here: the stack's own callers "
            "have no client certificate, so those who have one need an address of their own",
            EXIT_USAGE,
        )
    return StackTls(settings.tls_ca_file, None)
