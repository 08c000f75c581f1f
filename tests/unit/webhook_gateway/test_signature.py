"""Stripe's signatures: what is genuine and fresh passes, and everything else is refused without a crash."""

import hashlib
import hmac

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webhook_gateway.errors import SignatureInvalidError, SignatureStaleError
from webhook_gateway.signature import SIGNATURES_MAX, SignatureVerifier, parse_header

NOW = 1_790_000_000
BODY = b'{"id":"evt_1"}'


def v1(secret: str = "whsec_new", timestamp: int | str = NOW, body: bytes = BODY) -> str:
    """Signs as Stripe documents it, by other means than the code under test."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def header(*signatures: str, timestamp: int | str = NOW) -> list[bytes]:
    return [",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)]).encode()]


@pytest.fixture
def verifier() -> SignatureVerifier:
    return SignatureVerifier([b"whsec_new", b"whsec_old"], 300, lambda: NOW + 0.9)


def test_a_known_answer_verifies() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_known
    known = b"t=1700000000,v1=56172812b342033a9e9ff107171d9094c9573602923ebd235441051bdf6e8129"
    verifier = SignatureVerifier([b"whsec_known"], 300, lambda: 1_700_000_000)
    assert verifier.verify([known], b"{}") == (0, 0)


@pytest.mark.parametrize("secret", ["whsec_new", "whsec_old"])
def test_either_secret_verifies_during_a_rotation_and_its_index_is_told(
    verifier: SignatureVerifier, secret: str
) -> None:
    expected = {"whsec_new": 0, "whsec_old": 1}[secret]
    assert verifier.verify(header(v1(secret)), BODY).secret_index == expected


def test_one_genuine_signature_among_several_is_enough(verifier: SignatureVerifier) -> None:
    others = [v1("whsec_other"), "zz", "", v1("whsec_old"), v1("whsec_other2")]
    assert verifier.verify(header(*others), BODY).secret_index == 1


def test_schemes_other_than_v1_are_passed_over(verifier: SignatureVerifier) -> None:
    value = f"t={NOW},v0={v1()},v1={v1()},scheme,=,x=y=z".encode()
    assert verifier.verify([value], BODY).secret_index == 0
    with pytest.raises(SignatureInvalidError, match="no v1="):
        verifier.verify([f"t={NOW},v0={v1()}".encode()], BODY)


@pytest.mark.parametrize("offset", [-300, -299, 0, 299, 300])
def test_within_the_tolerance_passes_on_both_sides_of_now(verifier: SignatureVerifier, offset: int) -> None:
    timestamp = NOW + offset
    match = verifier.verify(header(v1(timestamp=timestamp), timestamp=timestamp), BODY)
    assert match.age_s == -offset


@pytest.mark.parametrize(("offset", "side"), [(-301, "behind"), (301, "ahead of"), (10**11, "ahead of")])
def test_beyond_the_tolerance_is_stale_on_both_sides_of_now(
    verifier: SignatureVerifier, offset: int, side: str
) -> None:
    timestamp = NOW + offset
    with pytest.raises(SignatureStaleError, match=f"{abs(offset)} s {side}"):
        verifier.verify(header(v1(timestamp=timestamp), timestamp=timestamp), BODY)


def test_a_forger_does_not_learn_that_the_time_is_wrong(verifier: SignatureVerifier) -> None:
    with pytest.raises(SignatureInvalidError) as caught:
        verifier.verify(header(v1("whsec_forged", timestamp=1), timestamp=1), BODY)
    assert not isinstance(caught.value, SignatureStaleError)


@pytest.mark.parametrize(
    ("secret", "timestamp", "body"),
    [("whsec_wrong", NOW, BODY), ("whsec_new", NOW - 1, BODY), ("whsec_new", NOW, BODY + b" "), ("", NOW, BODY)],
)
def test_another_secret_time_or_body_is_refused(
    verifier: SignatureVerifier, secret: str, timestamp: int, body: bytes
) -> None:
    with pytest.raises(SignatureInvalidError, match="no v1= signature is of this body"):
        verifier.verify(header(v1(secret, timestamp, body)), BODY)


def test_the_digits_are_signed_as_sent(verifier: SignatureVerifier) -> None:
    padded = f"0{NOW}"
    assert verifier.verify(header(v1(timestamp=padded), timestamp=padded), BODY).age_s == 0
    with pytest.raises(SignatureInvalidError):
        verifier.verify(header(v1(timestamp=NOW), timestamp=padded), BODY)


def test_without_secrets_nothing_verifies() -> None:
    with pytest.raises(SignatureInvalidError):
        SignatureVerifier([], 300, lambda: NOW).verify(header(v1(""), v1("whsec_new")), BODY)


@pytest.mark.parametrize(
    "values",
    [
        [],
        header(v1()) * 2,
        [b""],
        [b","],
        [b"t=,v1=00"],
        [b"v1=00"],
        [f"t={NOW}".encode()],
        [f"t={NOW},t={NOW},v1={v1()}".encode()],
        [f"t=-{NOW},v1={v1()}".encode()],
        [f"t=+{NOW},v1={v1()}".encode()],
        [f"t={NOW}.0,v1={v1()}".encode()],
        [f"t={NOW:_},v1={v1()}".encode()],
        ["t=١٧٩٠٠٠٠٠٠٠,v1=00".encode()],
        [b"t=" + b"9" * 13 + b",v1=00"],
        [b"t=" + b"9" * 4000 + b",v1=00"],
        [b"t=1,v1=" + b"0" * 5000],
        [b"t=1," + b",".join([b"v1=00"] * (SIGNATURES_MAX + 1))],
        [f"t={NOW};v1={v1()}".encode()],
        [f"T={NOW},V1={v1()}".encode()],
        [f"t={NOW},v1={v1().upper()}".encode()],
        [f"t={NOW},v1={v1()}\xff".encode("latin-1")],
        [f"t={NOW},v1={v1()[:-1]}".encode()],
        [b"\xff\xfe\x00"],
    ],
)
def test_malformed_headers_are_refused(verifier: SignatureVerifier, values: list[bytes]) -> None:
    with pytest.raises(SignatureInvalidError):
        verifier.verify(values, BODY)


pieces = st.sampled_from([b"t=", b"v1=", b"v0=", b",", b"=", b" ", b"1790000000", b"9" * 5000, b"\xff", b"\x00", b"00"])


@given(st.lists(st.one_of(st.binary(max_size=80), st.lists(pieces, max_size=40).map(b"".join)), max_size=3))
@example([b"t=1790000000,v1="])
def test_no_header_whatever_forges_a_signature_or_crashes(values: list[bytes]) -> None:
    verifier = SignatureVerifier([b"whsec_new"], 300, lambda: NOW)
    with pytest.raises(SignatureInvalidError):
        verifier.verify(values, BODY)


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40), st.integers(-300, 300))
def test_what_is_signed_as_documented_always_verifies(body: bytes, secret: str, offset: int) -> None:
    verifier = SignatureVerifier([b"other", secret.encode()], 300, lambda: NOW)
    timestamp = NOW + offset
    match = verifier.verify(header(v1(secret, timestamp, body), timestamp=timestamp), body)
    assert match == (0 if secret == "other" else 1, -offset)


@given(st.lists(st.binary(max_size=300), min_size=2, max_size=5))
def test_what_was_verified_before_changes_nothing(bodies: list[bytes]) -> None:
    verifier = SignatureVerifier([b"whsec_new", b"whsec_old"], 300, lambda: NOW)
    for index, secret in enumerate(["whsec_new", "whsec_old"] * 2):
        for body in bodies:
            assert verifier.verify(header(v1(secret, NOW, body)), body).secret_index == index % 2
            with pytest.raises(SignatureInvalidError):
                verifier.verify(header(v1(secret, NOW, body)), body + b"+")


def test_a_header_is_read_as_its_parts() -> None:
    assert parse_header([b"t=12, v1=aa,v1=bb,v0=cc"]) == (b"12", (b"aa", b"bb"))
