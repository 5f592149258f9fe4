"""Make a certificate for a connection whose other end compares none:  python deploy/aws/edge_certificate.py FILE.

For the way from a load balancer to the edge: nobody else can read along. FILE gets certificate and private key, for its owner alone.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=3650)  # longer than any task


def make(file: Path, *, now: datetime) -> None:
    """Write a new key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(hours=1), now + LIFE)
    certificate = builder.sign(key, hashes.SHA256())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(certificate.public_bytes(Encoding.PEM))
        handle.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


if __name__ == "__main__":
    make(Path(sys.argv[1]), now=datetime.now(UTC))
