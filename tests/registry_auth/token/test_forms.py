"""`/auth/token`: the OAuth form."""

import json
from io import BytesIO
from unittest import mock

import pytest

from accounts.tokens.selectors import identity_token_for
from registry_auth.token.endpoint import LARGEST_FORM, answer_token
from tests.registry_auth.conftest import access_of, basic
from tests.registry_auth.token.conftest import URL, WRONG, pull_of

pytestmark = pytest.mark.django_db


class TestForms:
    def test_a_password_grant_is_answered(self, post, image, buyer):
        response = post(
            grant_type="password", username=buyer.user.username, password=buyer.secret, scope=pull_of(image), service="layerstore"
        )

        assert access_of(response) == {image.repository: ["pull"]}
        assert "refresh_token" not in response.json()

    def test_an_identity_token_is_given_when_asked_for(self, post, buyer):
        fields = {"grant_type": "password", "username": buyer.user.username, "password": buyer.secret}

        assert post(**fields, access_type="offline").json()["refresh_token"] == identity_token_for(buyer)

    def test_wrong_credentials_are_told_in_both_languages(self, post):
        response = post(grant_type="password", username="ada", password="wrong")

        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Basic ")
        assert response.json() == {
            "error": "invalid_grant",
            "error_description": WRONG,
            "errors": [{"code": "UNAUTHORIZED", "message": WRONG, "detail": None}],
        }

    @pytest.mark.parametrize(
        ("fields", "error", "description"),
        [
            pytest.param(
                {"grant_type": "client_credentials"},
                "unsupported_grant_type",
                "grant_type must be password or refresh_token.",
                id="another grant",
            ),
            pytest.param({}, "invalid_request", "grant_type is missing.", id="no grant"),
            pytest.param(
                {"grant_type": "password"}, "invalid_request", "username and password are needed for grant_type password.", id="no password"
            ),
            pytest.param({"grant_type": "refresh_token"}, "invalid_request", "refresh_token is missing.", id="no refresh token"),
            pytest.param(
                {"grant_type": "password", "username": "a", "password": "b", "client_id": ""},
                "invalid_request",
                "client_id is missing.",
                id="no client",
            ),
            pytest.param(
                {"grant_type": "refresh_token", "refresh_token": "x", "service": "other"},
                "invalid_request",
                "This token server serves layerstore only.",
                id="another service",
            ),
        ],
    )
    def test_what_is_missing_is_named(self, post, fields, error, description):
        response = post(**fields)

        assert response.status_code == 400
        assert (response.json()["error"], response.json()["error_description"]) == (error, description)

    def test_a_form_is_never_answered_as_anonymous(self, client, seller):
        header = {"authorization": basic(seller.user.username, seller.secret)}

        assert client.post(URL, {}, headers=header).status_code == 400
        assert client.post(f"{URL}?grant_type=password", {}, headers=header).status_code == 400
        assert client.post(URL, {"grant_type": "password"}, content_type="application/json").status_code == 400

    def test_a_large_form_is_413(self, client):
        response = client.post(URL, {"scope": "x" * LARGEST_FORM})

        assert (response.status_code, response.json()["error"]) == (413, "invalid_request")

    def test_a_length_of_thousands_of_digits_is_413(self, key_store):
        answer = answer_token({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9" * 5000, "wsgi.input": BytesIO(b"a=b")})

        assert answer.status == 413

    @pytest.mark.parametrize("arrived", [pytest.param(b"a=b", id="short"), pytest.param(OSError(), id="broken")])
    def test_a_form_that_breaks_off_is_400(self, key_store, arrived):
        stream = mock.Mock()
        stream.read.side_effect = [arrived]

        answer = answer_token({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9", "wsgi.input": stream})

        assert (answer.status, json.loads(answer.body)["error_description"]) == (400, "The form did not arrive whole.")

    @pytest.mark.parametrize(
        ("form", "status", "description"),
        [
            pytest.param(b"grant_type=refresh_token", 400, "refresh_token is missing.", id="read"),
            pytest.param(b"x" * (LARGEST_FORM + 1), 413, "The form is too large.", id="too large"),
        ],
    )
    def test_a_form_in_chunks_is_read(self, key_store, form, status, description):
        answer = answer_token(
            {"REQUEST_METHOD": "POST", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "wsgi.input": BytesIO(form)}
        )

        assert (answer.status, json.loads(answer.body)["error_description"]) == (status, description)
