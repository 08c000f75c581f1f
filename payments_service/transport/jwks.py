"""Keys of an identity provider, fetched from its JWKS URL (RFC 7517) and kept.

Fetched in a thread, so that a slow provider stops nobody. Keys once fetched keep working while the provider is away.
"""

import asyncio
import time
from collections.abc import Callable

import httpx
import orjson
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from payments_service.config import LOOPBACK, ConfigurationError, Settings
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.token_keys import VerificationKey, pinned

TIMEOUT_SECONDS = 5.0
FRESH_SECONDS = 600.0
"""Keys older than this are fetched again in the background, so that a withdrawn key stops working."""

UNKNOWN_KEY_INTERVAL_SECONDS = 10.0
"""Tokens with made-up key ids cause at most one fetch in this time."""

RESPONSE_BYTES_MAX = 262_144
_log = structlog.get_logger()

Fetch = Callable[[str], object]


class JwksKeys:
    """Keys by `kid`. Symmetric keys and keys that are not for signing are passed over."""

    def __init__(self, settings: Settings, fetch: Fetch | None = None) -> None:
        """Remember where the keys are; nothing is fetched yet.

        Raises:
            ConfigurationError: the URL could be read or changed on the way, or shared keys alone are accepted.
        """
        self._url = settings.auth_jwks_url or ""
        url = httpx.URL(self._url)
        if url.scheme != "https" and not (url.scheme == "http" and url.host in LOOPBACK):
            raise ConfigurationError("PAYMENTS_AUTH_JWKS_URL: must be an https URL")
        self._algorithms = tuple(name for name in settings.auth_algorithms if name != "HS256")
        if not self._algorithms:
            raise ConfigurationError("PAYMENTS_AUTH_ALGORITHMS: must accept RS256 or ES256 with PAYMENTS_AUTH_JWKS_URL")
        self._fetch = fetch or _fetch
        self._keys: dict[str | None, VerificationKey] = {}
        self._fetched = -FRESH_SECONDS
        self._attempted = -FRESH_SECONDS
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def key_for(self, key_id: str | None) -> VerificationKey | None:
        """The key with this id; the only key when the token names none.

        Raises:
            PaymentsError: TOKEN_INVALID while no keys could be fetched at all.
        """
        key = self._find(key_id)
        if key is None:
            await self._refresh(UNKNOWN_KEY_INTERVAL_SECONDS if self._keys else 1.0)
            key = self._find(key_id)
        elif time.monotonic() - self._fetched > FRESH_SECONDS and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._refresh(UNKNOWN_KEY_INTERVAL_SECONDS))
        if key is None and not self._keys:
            raise PaymentsError(
                Reason.TOKEN_INVALID,
                "the token cannot be verified now: the identity provider's keys could not be fetched, retry",
                retry_after_ms=1_000,
            )
        return key

    def _find(self, key_id: str | None) -> VerificationKey | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _refresh(self, interval_seconds: float) -> None:
        """Fetch again, unless that was tried within the interval. Concurrent callers wait for one fetch."""
        asked = time.monotonic()
        async with self._lock:
            if self._attempted > asked or time.monotonic() - self._attempted < interval_seconds:
                return
            self._attempted = time.monotonic()
            try:
                document = await asyncio.to_thread(self._fetch, self._url)
                keys = _keys(document, self._algorithms)
            except (httpx.HTTPError, ValueError) as error:
                _log.warning("jwks_unavailable", url=self._url, error=type(error).__name__, keys_kept=len(self._keys))
                return
            self._attempted = time.monotonic()
            if keys:
                self._keys = keys
                self._fetched = time.monotonic()
            else:
                _log.warning("jwks_without_usable_keys", url=self._url, keys_kept=len(self._keys))


def _keys(document: object, algorithms: tuple[str, ...]) -> dict[str | None, VerificationKey]:
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("a JWKS has a list of keys")  # noqa: TRY004 - a bad answer, not a bad argument
    keys: dict[str | None, VerificationKey] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("kty") not in {"RSA", "EC"} or entry.get("use", "sig") != "sig":
            continue
        try:
            key = pinned(PyJWK(entry).key, algorithms)
        except (PyJWTError, ValueError, TypeError, KeyError):
            continue  # A key of a kind that this version does not know must not take the others away.
        if key is not None:
            keys[entry.get("kid")] = key
    return keys


def _fetch(url: str) -> object:
    """Get the document; runs in a thread.

    Raises:
        httpx.HTTPError: it could not be had.
        ValueError: it is not JSON, or too large.
    """
    with httpx.Client(timeout=TIMEOUT_SECONDS) as client, client.stream("GET", url) as response:
        response.raise_for_status()
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > RESPONSE_BYTES_MAX:
                raise ValueError("the JWKS is too large")
    return orjson.loads(body)
