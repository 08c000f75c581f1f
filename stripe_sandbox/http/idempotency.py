"""Idempotency keys as Stripe treats them (https://docs.stripe.com/api/idempotent_requests).

The first answer to a key is kept, errors included, and given again to every request with this key and the same
parameters. Answers to requests that never began to run (wrong parameters, conflicts, rate limits) are not kept.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import orjson

from stripe_sandbox.http.errors import StripeError, invalid
from stripe_sandbox.http.reply import Reply
from stripe_sandbox.json_types import JsonObject

KEY_CHARS_MAX = 255


@dataclass(slots=True)
class Claim:
    """A key in use.

    Attributes:
        path: What the key was first used for.
        fingerprint: Digest of the first request's parameters.
        claimed_at: Sandbox time of the first request.
        request_id: Its id.
        reply: Its answer; None while it is under way.
    """

    path: str
    fingerprint: bytes
    claimed_at: int
    request_id: str
    reply: Reply | None = None


class IdempotencyKeys:
    """The keys of all accounts; a key belongs to the account that it was used in."""

    def __init__(self, ttl_s: int) -> None:
        self._ttl_s = ttl_s
        self._claims: OrderedDict[tuple[str, str], Claim] = OrderedDict()

    def clear(self) -> None:
        """Forgets every key."""
        self._claims.clear()

    def claim(self, account: str, key: str, path: str, form: JsonObject, now: int, request_id: str) -> Claim:
        """Claims a key, or returns the claim of the request that had it before, with its reply.

        Raises:
            StripeError: 409 while that request is under way; 400 if it was a different request or the key is too long.
        """
        if len(key) > KEY_CHARS_MAX:
            raise invalid(f"The idempotency key is longer than {KEY_CHARS_MAX} characters.")
        self._forget_old(now)
        fingerprint = hashlib.blake2b(orjson.dumps(form, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
        earlier = self._claims.get((account, key))
        if earlier is None:
            claim = Claim(path, fingerprint, now, request_id)
            self._claims[account, key] = claim
            return claim
        if earlier.path != path:
            raise _reused(
                f"Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{path}' vs '{earlier.path}'). Try using a key other than '{key}' if you meant to execute a "
                "different request."
            )
        if earlier.fingerprint != fingerprint:
            raise _reused(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
        if earlier.reply is None:
            raise StripeError(
                409,
                "idempotency_error",
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                code="idempotency_key_in_use",
                executed=False,
            )
        return earlier

    def release(self, account: str, key: str) -> None:
        """Frees a key whose request did not run."""
        self._claims.pop((account, key), None)

    def _forget_old(self, now: int) -> None:
        while self._claims:
            claim = next(iter(self._claims.values()))
            if claim.claimed_at + self._ttl_s > now:
                return
            self._claims.popitem(last=False)


def _reused(message: str) -> StripeError:
    return StripeError(400, "idempotency_error", message, executed=False)
