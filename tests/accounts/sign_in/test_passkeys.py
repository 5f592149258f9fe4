"""What claims to be a key's answer and is none is refused in words, whatever allauth or the library that reads it makes of it."""

import json
from base64 import urlsafe_b64encode

import pytest

from accounts.sign_in.passkeys import AddKeyForm, ShowKeyForm
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
KEY = {"id": "AAAA", "rawId": "AAAA", "type": "public-key"}
CLIENT = (
    urlsafe_b64encode(json.dumps({"type": "webauthn.get", "challenge": "AAAA", "origin": "https://shop.test"}).encode())
    .decode()
    .rstrip("=")
)


@pytest.mark.parametrize("typed", ["[" * 100_000, "[1]", '{"id": "\\ud800"}'], ids=["too deep", "no object", "not storable"])
def test_what_is_no_document_is_refused(typed: str) -> None:
    form = AddKeyForm(data={"credential": typed}, user=UserFactory())

    assert not form.is_valid()
    assert "not a response from a passkey" in str(form.errors["credential"])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="nothing"),
        pytest.param(
            {**KEY, "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"}}, id="bytes that are no structure, of a new key"
        ),
        pytest.param(
            {**KEY, "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"}},
            id="bytes that are no structure, of a known key",
        ),
        pytest.param(
            {**KEY, "response": {"clientDataJSON": CLIENT, "authenticatorData": "A" * 50, "signature": "AAAA", "userHandle": "_w"}},
            id="a user whose name is no text",
        ),
    ],
)
def test_what_is_no_answer_of_a_key_is_refused(answer: dict[str, object]) -> None:
    user = UserFactory()
    said = {"credential": json.dumps(answer)}

    forms = (AddKeyForm(data=said, user=user), ShowKeyForm(data=said, user=user), ShowKeyForm(data=said, user=None))

    assert [form.is_valid() for form in forms] == [False, False, False]
    assert not user.authenticator_set.exists()
