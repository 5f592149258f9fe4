"""Making certificates and signing with their keys.

The authority is an EC P-256 certificate whose key signs leaves and nothing else; a leaf is a certificate whose key signs tokens. A registry
with the authority in its `rootcertbundle` accepts every leaf under it from the token's own `x5c` header, so a new leaf needs no restart.
"""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from jwt.algorithms import ECAlgorithm

AUTHORITY_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=90)
CLOCK_SLACK = timedelta(minutes=5)  # a registry's clock may be behind ours
_ES256 = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key ready to sign: parsed once, its token header encoded once.

    Attributes:
        header: the JWT's first segment: `alg`, `typ`, `kid`, and `x5c` for registries that trust an authority.
    """

    kid: str
    header: bytes
    not_after: datetime
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)

    def sign(self, content: bytes) -> bytes:
        """Return the ES256 signature: r and s, 32 bytes each (RFC 7518, section 3.4). Not by pyjwt, which takes longer (ADR 0017)."""
        r, s = decode_dss_signature(self.private_key.sign(content, _ES256))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signing_key(*, certificate: x509.Certificate, private_key_pem: bytes, shows_certificate: bool = True) -> SigningKey:
    """Make a key that signs with its certificate in `x5c`.

    Args:
        shows_certificate: false for registries that know the key itself from a `jwks` file: these refuse every `x5c`.

    Raises:
        ValueError: the key is not an EC key, or not the certificate's.
    """
    private_key = serialization.load_pem_private_key(private_key_pem, password=None)
    if not isinstance(private_key, ec.EllipticCurvePrivateKey) or private_key.public_key() != certificate.public_key():
        msg = "the private key is not the certificate's"
        raise ValueError(msg)
    kid = key_id(certificate)
    header: dict[str, object] = {"alg": "ES256", "typ": "JWT", "kid": kid}
    if shows_certificate:
        header["x5c"] = [b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode("ascii")]
    segment = urlsafe_b64encode(json.dumps(header, separators=(",", ":")).encode()).rstrip(b"=")
    return SigningKey(kid=kid, header=segment, not_after=certificate.not_valid_after_utc, private_key=private_key)


def key_id(certificate: x509.Certificate) -> str:
    """Return the id of a certificate's key: 16 hexadecimal digits of the SHA-256 of its public key."""
    public = certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()[:16]


def jwk(certificate: x509.Certificate) -> dict[str, object]:
    """Return a leaf's public key as a JWK (RFC 7518, section 6.2)."""
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        msg = "a leaf's key is an EC key"
        raise TypeError(msg)
    return {**ECAlgorithm.to_jwk(public, as_dict=True), "kid": key_id(certificate), "alg": "ES256", "use": "sig"}


def new_private_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the key as PKCS #8 PEM, not encrypted: the file's mode protects it."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def certificate_pem(certificate: x509.Certificate) -> str:
    """Return the certificate as PEM text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def new_authority(*, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Return a self-signed certificate that may sign leaves and no further authority."""
    serial = x509.random_serial_number()
    name = _name(f"Layerstore token authority {serial:040x}"[:42])
    return (
        _builder(subject=name, issuer=name, key=key.public_key(), serial=serial, now=now, lifetime=AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def new_leaf(
    *, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    """Return a certificate for a token-signing key."""
    serial = x509.random_serial_number()
    name = _name(f"Layerstore token signer {serial:040x}"[:39])
    return (
        _builder(subject=name, issuer=authority.subject, key=key.public_key(), serial=serial, now=now, lifetime=LEAF_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    *, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, serial: int, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(start - CLOCK_SLACK)
        .not_valid_after(start + lifetime)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
