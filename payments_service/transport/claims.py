"""From verified claims to a principal.

Which claims hold owners, roles and scopes is configuration, so that tokens of an identity provider work as they are.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from payments_service.application.caller import Principal
from payments_service.config import Settings
from payments_service.domain.errors import PaymentsError, Reason

SUBJECT_LENGTH_MAX = 255
_MISSING = object()


def principal_from(claims: Mapping[str, Any], settings: Settings) -> Principal:
    """The principal of a token.

    Scopes are those of the scope claim and those that the configured map gives its roles, and no others. Without an
    owner claim the caller is a backend and acts for all owners; a claim that is there limits it, and an empty one to
    nobody.

    Raises:
        PaymentsError: TOKEN_INVALID when a claim has a form that cannot be understood.
    """
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
        raise _malformed("sub", f"must be text of 1 to {SUBJECT_LENGTH_MAX} characters")
    roles = _words(claims, settings.auth_roles_claim, split=False)
    granted = (scope for role in roles for scope in settings.auth_role_scopes.get(role, ()))
    scopes = _words(claims, settings.auth_scope_claim, split=True).union(granted)
    owners = _claim(claims, settings.auth_owner_claim)
    return Principal(
        subject=subject,
        scopes=scopes,
        roles=roles,
        owner_ids=None if owners is _MISSING else _words(claims, settings.auth_owner_claim, split=False),
    )


def _words(claims: Mapping[str, Any], name: str, *, split: bool) -> frozenset[str]:
    """The values of a claim that is text or a list of text; text may hold several, by spaces, where `split`."""
    value = _claim(claims, name)
    if value is _MISSING or value is None or value == "":
        return frozenset()
    if isinstance(value, str):
        return frozenset(value.split() if split else (value,))
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        words = list(value)
        if all(isinstance(word, str) and word for word in words):
            return frozenset(words)
    raise _malformed(name, "must be text or a list of text")


def _claim(claims: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - a claim may be any JSON
    """A claim by its name, or by a dotted path such as `app_metadata.roles`."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value


def _malformed(claim: str, what: str) -> PaymentsError:
    return PaymentsError(Reason.TOKEN_INVALID, f"the token is not accepted: its claim {claim} {what}")
