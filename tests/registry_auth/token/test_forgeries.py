"""Forged tokens before the real registry: it, not we, judges what is shown to it, and only the genuine token opens."""

import base64
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from marketplace.images.oci import MANIFEST
from registry_auth.keys.leaves import key_id, new_leaf, new_private_key, private_pem, signing_key
from registry_auth.keys.ring import KeyRing
from registry_auth.keys.store import AUTHORITY_FOLDER, KeyStore
from registry_auth.token.signing import AccessEntry, Claims, sign
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ImageFactory
from tests.support.registry import OciImage

pytestmark = pytest.mark.django_db(transaction=True)
DER = serialization.Encoding.DER


def encoded(part: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def encoded_number(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def coordinates(key: ec.EllipticCurvePrivateKey) -> dict[str, int]:
    numbers = key.public_key().public_numbers()
    return {"x": numbers.x, "y": numbers.y}


def x5c(*chain) -> list[str]:
    return [base64.b64encode(certificate.public_bytes(DER)).decode() for certificate in chain]


@pytest.fixture
def image():
    return ImageFactory()


@pytest.fixture
def seller(image):
    return AccessTokenFactory(user=image.owner.user)


def active_key(store: KeyStore):
    """The key that signs, read as the token process reads it."""
    return KeyRing(store.directory).signing_key(now=timezone.now())


@pytest.fixture
def claims(image, seller, registry, token_for):
    OciImage(["one"]).push(registry, token_for(seller, f"repository:{image.repository}:push,pull"), image.repository, "1.0")
    now = int(timezone.now().timestamp())
    access = [AccessEntry(type="repository", name=image.repository, actions=["pull"])]
    return Claims(issuer="layerstore", audience="layerstore", subject="x", access=access, issued_at=now, lifetime=300)


@pytest.fixture
def status(registry, image):
    def ask(token):
        path = f"/v2/{image.repository}/manifests/1.0"
        return registry.ask("GET", path, token, headers={"Accept": MANIFEST}).status_code

    return ask


@pytest.fixture
def genuine_key(key_store):
    return active_key(key_store)


def test_the_genuine_token_opens(claims, status, genuine_key):
    assert status(sign(claims, genuine_key)) == 200


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"audience": "elsewhere"}, id="wrong audience"),
        pytest.param({"issuer": "somebody"}, id="wrong issuer"),
        pytest.param({"lifetime": -3600}, id="expired"),
        pytest.param({"lifetime": -61}, id="expired a second beyond the leeway"),
        pytest.param({"access": []}, id="nothing granted"),
    ],
)
def test_a_token_that_says_something_else_is_refused(claims, status, genuine_key, change):
    assert status(sign(replace(claims, **change), genuine_key)) == 401


def test_a_token_not_yet_valid_is_refused(claims, status, genuine_key):
    assert status(sign(replace(claims, issued_at=claims.issued_at + 3600), genuine_key)) == 401


def test_altered_access_is_refused(claims, status, genuine_key):
    head, _, signature = sign(claims, genuine_key).split(".")
    payload = {"iss": "layerstore", "aud": "layerstore", "exp": claims.issued_at + 300, "nbf": claims.issued_at, "access": claims.access}

    assert status(f"{head}.{encoded(payload)}.{signature}") == 401


def test_a_token_without_signature_is_refused(claims, status, genuine_key):
    _, payload, _ = sign(claims, genuine_key).split(".")

    assert status(f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{payload}.") == 401


SECRETS = {
    "the public key": lambda certificate: certificate.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    "the certificate": lambda certificate: certificate.public_bytes(DER),
    "the certificate's file": lambda certificate: certificate.public_bytes(serialization.Encoding.PEM),
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("shows_certificate", [True, False])
@pytest.mark.parametrize("secret", SECRETS)
def test_what_everybody_can_know_is_no_shared_secret(claims, status, genuine_key, key_store, secret, shows_certificate):
    payload = sign(claims, genuine_key).split(".")[1]
    certificate = key_store.index.active.certificate

    head = {"alg": "HS256", "typ": "JWT", "kid": genuine_key.kid} | ({"x5c": x5c(certificate)} if shows_certificate else {})
    signed = f"{encoded(head)}.{payload}"
    mac = hmac.digest(SECRETS[secret](certificate), signed.encode(), "sha256")

    assert status(f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") == 401


@pytest.mark.parametrize("kid", ["0123456789abcdef", "", "../../bundle.pem"])
def test_an_unknown_key_id_without_a_certificate_is_refused(claims, status, genuine_key, kid):
    header = encoded({"alg": "ES256", "typ": "JWT", "kid": kid}).encode()

    assert status(sign(claims, replace(genuine_key, header=header))) == 401


def test_a_key_that_the_token_brings_itself_is_refused(claims, status, genuine_key):
    stranger = new_private_key()
    own = {"kty": "EC", "crv": "P-256", **{name: encoded_number(n) for name, n in coordinates(stranger).items()}}

    for head in ({"jwk": own}, {"jwk": own, "kid": genuine_key.kid}):
        header = encoded({"alg": "ES256", "typ": "JWT", **head}).encode()
        assert status(sign(claims, replace(genuine_key, header=header, private_key=stranger))) == 401


def test_a_leaf_makes_no_leaves(claims, status, key_store, genuine_key):
    key, leaf = new_private_key(), key_store.index.active.certificate
    made = new_leaf(key=key, authority=leaf, authority_key=genuine_key.private_key, now=timezone.now())

    header = encoded({"alg": "ES256", "typ": "JWT", "kid": key_id(made), "x5c": x5c(made, leaf)}).encode()

    assert status(sign(claims, replace(genuine_key, header=header, private_key=key))) == 401


def test_a_leaf_under_a_foreign_authority_is_refused(claims, status, tmp_path):
    foreign = KeyStore(tmp_path / "foreign")
    foreign.init(now=timezone.now())

    assert status(sign(claims, active_key(foreign))) == 401


def test_a_foreign_key_under_our_certificate_is_refused(claims, status, genuine_key, tmp_path):
    assert status(sign(claims, replace(genuine_key, private_key=new_private_key()))) == 401


def test_an_expired_leaf_is_refused(claims, status, key_store):
    pem = next((key_store.directory / AUTHORITY_FOLDER).iterdir()).read_bytes()
    authority_key = cast("ec.EllipticCurvePrivateKey", serialization.load_pem_private_key(pem, None))
    key, then = new_private_key(), timezone.now() - timedelta(days=91)
    leaf = new_leaf(key=key, authority=key_store.index.authorities[0], authority_key=authority_key, now=then)

    assert status(sign(claims, signing_key(certificate=leaf, private_key_pem=private_pem(key)))) == 401
