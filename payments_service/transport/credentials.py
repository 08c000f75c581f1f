"""gRPC's credentials for a listening port, whose certificates may change while the server runs."""

import grpc
import structlog

from payments_service.config import ConfigurationError
from payments_service.transport.tls import TlsFiles, TlsMaterial

_log = structlog.get_logger()


def tls_credentials(files: TlsFiles, *, client_certificates: bool) -> grpc.ServerCredentials:
    """Credentials by these files, which are looked at again for every new connection.

    Args:
        files: what the port shows, and whom it trusts.
        client_certificates: whether clients must show a certificate. gRPC knows no "may": see docs/decisions/0014.

    Raises:
        ConfigurationError: a file cannot be read or used.
    """
    reloading = ReloadingFiles(files)
    configuration = _configuration(reloading.current)

    def changed() -> grpc.ServerCertificateConfiguration | None:
        material = reloading.changed()
        return None if material is None else _configuration(material)

    return grpc.dynamic_ssl_server_credentials(
        configuration,
        changed,  # type: ignore[arg-type]  # the stubs do not know that None means "no change"
        require_client_authentication=client_certificates,
    )


class ReloadingFiles:
    """The files of one port, read again when they have changed. Files that cannot be used leave the old ones in force.

    gRPC asks from threads of its own, one at a time for each port.

    Attributes:
        current: what is in force.
    """

    def __init__(self, files: TlsFiles) -> None:
        """Read the files.

        Raises:
            ConfigurationError: one cannot be read or used.
        """
        self._files = files
        self._signature = files.signature()
        self.current = files.read()

    def changed(self) -> TlsMaterial | None:
        """What the files hold, if that is new and can be used; else None, and one log line for each bad version."""
        signature = self._files.signature()
        if signature == self._signature:
            return None
        # Taken before reading: what changes meanwhile is found the next time.
        self._signature = signature
        try:
            material = self._files.read()
        except ConfigurationError as error:
            _log.error("tls_reload_failed", error=str(error), kept_until=self.current.not_after.isoformat())
            return None
        self.current = material
        _log.info("tls_reloaded", certificate_not_after=material.not_after.isoformat())
        return material


def _configuration(material: TlsMaterial) -> grpc.ServerCertificateConfiguration:
    pair = (material.private_key, material.certificate_chain)
    return grpc.ssl_server_certificate_configuration([pair], material.client_authorities)
