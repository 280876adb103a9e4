"""Notices in Chinese national cryptography: HMAC over SM3 by a shared secret, or SM2 over SM3 by our own key."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.notices import Signer, Sm2Error, Sm2Key, by_key, by_secret, headers_of, is_signed
from monitor.notices.signature import AGE_S_MAX, SIGNATURE, TIMESTAMP
from monitor.reference import Scheme

gmssl_pyx = pytest.importorskip("gmssl_pyx")
PUBLIC, PRIVATE = (part.hex() for part in gmssl_pyx.sm2_key_generate())
KEY = Sm2Key.of(private=PRIVATE, public=PUBLIC)
SECRET = "a secret"
SIGNERS: dict[Scheme, Signer] = {
    Scheme.HMAC_SHA256: by_secret(SECRET),
    Scheme.HMAC_SM3: by_secret(SECRET, Scheme.HMAC_SM3),
    Scheme.SM2: by_key(KEY),
}
BODY = '{"notice_id":"张"}'.encode()
AT_S = 1_773_104_460
OPENSSL = shutil.which("openssl") or ""
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
"""What stands before an SM2 point in a PEM file."""


def holds(
    headers: dict[str, str],
    scheme: Scheme,
    *,
    body: bytes = BODY,
    now_s: int = AT_S,
    secret: str = SECRET,
    public: str = PUBLIC,
) -> bool:
    return is_signed(body, headers, secret=secret, public_key=public, scheme=scheme, now_s=now_s)


@pytest.mark.parametrize("scheme", Scheme)
def test_every_scheme_holds_for_its_body_and_time_alone(scheme: Scheme) -> None:
    headers = headers_of(BODY, notice_id="n", sign=SIGNERS[scheme], at_s=AT_S)
    assert holds(headers, scheme)
    assert holds(headers, scheme, now_s=AT_S + AGE_S_MAX)
    assert not holds(headers, scheme, now_s=AT_S + AGE_S_MAX + 1)
    assert not holds(headers, scheme, body=BODY + b" ")
    assert not holds(headers | {TIMESTAMP: str(AT_S + 1)}, scheme)
    for forged in ("", "v1=", "sm3=xyz", "sm2=!", "sm2=" + base64.b64encode(b"0" * 70).decode(), "张"):
        assert not holds(headers | {SIGNATURE: forged}, scheme)


@pytest.mark.parametrize("scheme", Scheme)
def test_what_is_signed_in_another_scheme_than_was_agreed_is_refused(scheme: Scheme) -> None:
    headers = headers_of(BODY, notice_id="n", sign=SIGNERS[scheme], at_s=AT_S)
    assert [other for other in Scheme if holds(headers, other)] == [scheme]


def test_another_secret_or_another_key_does_not_hold() -> None:
    other = gmssl_pyx.sm2_key_generate()[0].hex()
    sealed = headers_of(BODY, notice_id="n", sign=SIGNERS[Scheme.HMAC_SM3], at_s=AT_S)
    signed = headers_of(BODY, notice_id="n", sign=SIGNERS[Scheme.SM2], at_s=AT_S)
    assert not holds(sealed, Scheme.HMAC_SM3, secret="another secret")
    assert not holds(signed, Scheme.SM2, public=other)
    assert not holds(signed, Scheme.SM2, public="00")


@pytest.mark.skipif(not OPENSSL, reason="needs openssl")
def test_openssl_verifies_both_as_the_documentation_tells_providers_to(tmp_path: Path) -> None:
    """Another implementation than the one that signed."""
    algorithms = subprocess.run(
        [OPENSSL, "list", "-public-key-algorithms"], capture_output=True, text=True, check=True
    )
    if "SM2" not in algorithms.stdout:
        pytest.skip("this openssl knows no SM2")
    signed = headers_of(BODY, notice_id="n", sign=SIGNERS[Scheme.SM2], at_s=AT_S)[SIGNATURE]
    point = base64.encodebytes(SPKI + bytes.fromhex(PUBLIC)).decode()
    (tmp_path / "monitor.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{point}-----END PUBLIC KEY-----\n")
    (tmp_path / "signature").write_bytes(base64.b64decode(signed.removeprefix("sm2=")))
    verify = (
        "openssl dgst -sm3 -verify monitor.pem -sigopt distid:1234567812345678 -signature signature signed"
    )
    for written, code in ((BODY, 0), (BODY + b" ", 1)):
        (tmp_path / "signed").write_bytes(b"%d." % AT_S + written)
        assert subprocess.run(verify.split(), cwd=tmp_path, check=False).returncode == code
    (tmp_path / "signed").write_bytes(b"%d." % AT_S + BODY)
    made = subprocess.run(
        [OPENSSL, "dgst", "-sm3", "-hmac", SECRET, "signed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    sealed = headers_of(BODY, notice_id="n", sign=SIGNERS[Scheme.HMAC_SM3], at_s=AT_S)[SIGNATURE]
    assert sealed == f"sm3={made.stdout.split()[-1]}"


@pytest.mark.parametrize(
    "private, public, why",
    [
        ("", PUBLIC, "the private SM2 key must be 64 hex characters"),
        ("xyz", PUBLIC, "the private SM2 key must be 64 hex characters"),
        (PRIVATE, PUBLIC[:-2], "the public SM2 key must be 128 hex characters"),
        (PRIVATE, "0" * 128, "the public SM2 key is no point of the curve"),
        (PRIVATE, gmssl_pyx.sm2_key_generate()[0].hex(), "the private and the public SM2 key are no pair"),
    ],
    ids=["none", "no hex", "short", "no point", "no pair"],
)
def test_keys_that_are_none_are_refused_without_being_quoted(private: str, public: str, why: str) -> None:
    with pytest.raises(Sm2Error) as refused:
        Sm2Key.of(private=private, public=public)
    assert str(refused.value) == why


def test_a_public_key_may_begin_with_04_and_a_key_does_not_show_itself() -> None:
    assert Sm2Key.of(private=PRIVATE, public="04" + PUBLIC) == KEY
    assert repr(KEY) == "Sm2Key()"
