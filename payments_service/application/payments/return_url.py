"""Where customers may be sent after acting at their bank: an allow-list of origins."""

from urllib.parse import urlsplit

from payments_service.domain.errors import Reason, invalid


class ReturnUrls:
    """The allowed origins (RFC 6454: scheme, host and port), so that nobody can use us to redirect elsewhere."""

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins

    def require_allowed(self, url: str) -> None:
        """Refuse a URL whose origin is not allowed; an empty one means that none is used.

        Raises:
            PaymentsError: RETURN_URL_NOT_ALLOWED.
        """
        if not url:
            return
        try:
            parts = urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc}".lower()
        except ValueError:
            origin = ""
        if origin not in self._origins:
            raise invalid(
                "return_url",
                "its origin is not allowed: use one of the origins in PAYMENTS_RETURN_URL_ORIGINS",
                Reason.RETURN_URL_NOT_ALLOWED,
            )
