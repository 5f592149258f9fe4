"""A security key, for the pages that list them."""

import json

from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cose, webauthn


def security_key() -> dict[str, object]:
    """What a browser sends when a security key is added (Web Authentication, "PublicKeyCredential")."""
    public_key = cose.ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    credential = webauthn.AttestedCredentialData.create(webauthn.Aaguid.NONE, b"a security key 1", public_key)
    flags = webauthn.AuthenticatorData.FLAG.UP | webauthn.AuthenticatorData.FLAG.AT
    attested = webauthn.AttestationObject.create("none", webauthn.AuthenticatorData.create(b"\0" * 32, flags, 1, credential), {})
    client_data = webauthn.CollectedClientData.create("webauthn.create", b"challenge", "http://127.0.0.1")
    response = webauthn.AuthenticatorAttestationResponse(client_data=client_data, attestation_object=attested)
    made: dict[str, object] = json.loads(
        json.dumps(dict(webauthn.RegistrationResponse(raw_id=credential.credential_id, response=response)), default=dict)
    )
    return made
