"""`/auth/token`: wrong credentials all look the same, and identity tokens end with their access token."""

import pytest
from django.utils import timezone

from accounts.tokens.models import AccessToken
from accounts.tokens.secrets import new_secret
from accounts.tokens.selectors import identity_token_for
from accounts.tokens.services import log_out_everywhere, revoke_access_token
from tests.factories.accounts import PASSWORD, UserFactory
from tests.registry_auth.conftest import access_of
from tests.registry_auth.token.conftest import URL, WRONG, pull_of, push_of

pytestmark = pytest.mark.django_db


class TestWrongCredentials:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"username": "nobody-here"}, id="unknown user"),
            pytest.param({"username": "somebody-else"}, id="another user's name"),
            pytest.param({"username": ""}, id="access token without a user name"),
            pytest.param({"username": "<token>"}, id="access token as identity token"),
            pytest.param({"secret": "lsp_" + "0" * 49}, id="wrong token"),
            pytest.param({"secret": PASSWORD}, id="web password"),
            pytest.param({"secret": ""}, id="no password"),
            pytest.param({"secret": "\x00"}, id="NUL"),
            pytest.param({"secret": "lsr_" + "0" * 32 + "_0_" + "0" * 64}, id="forged identity token"),
        ],
    )
    def test_whatever_is_wrong_the_answer_is_the_same(self, ask, seller, image, change):
        UserFactory(username="somebody-else")

        response = ask(seller, pull_of(image), **change)

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Basic realm="http://layerstore.test:8080/auth/token", charset="UTF-8"'
        assert response["Cache-Control"] == "no-store"
        assert response.json() == {"errors": [{"code": "UNAUTHORIZED", "message": WRONG, "detail": None}]}

    @pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer x", "Basic /////w==", "Basic YWRh", "Basicbm8gc3BhY2U6eA=="])
    def test_a_malformed_header_is_401_too(self, client, header):
        response = client.get(URL, headers={"authorization": header})

        assert (response.status_code, response.json()["errors"][0]["message"]) == (401, WRONG)

    def test_an_empty_pair_is_anonymous(self, client):
        assert client.get(URL, headers={"authorization": "Basic Og=="}).status_code == 200

    @pytest.mark.parametrize(
        "end",
        [
            pytest.param(lambda token: revoke_access_token(token=token, actor=token.user), id="revoked"),
            pytest.param(lambda _: AccessToken.objects.update(expires_at=timezone.now()), id="expired"),
            pytest.param(lambda token: type(token.user).objects.update(is_active=False), id="disabled user"),
        ],
    )
    def test_a_credential_that_ended_is_wrong_from_the_next_request_on(self, ask, seller, end):
        assert ask(seller).status_code == 200

        end(seller)

        assert ask(seller).status_code == 401

    @pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
    def test_user_name_and_address_are_right_in_any_case(self, ask, seller, spell):
        assert ask(seller, username=spell(seller.user.username)).status_code == 200
        assert ask(seller, username=spell(seller.user.email)).status_code == 200

    def test_a_wrong_token_asks_the_database_as_often_as_a_right_one(self, ask, seller, image, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert ask(seller, pull_of(image)).status_code == 200
        for username in (seller.user.username, "nobody"):
            with django_assert_num_queries(1):
                assert ask(seller, pull_of(image), username=username, secret=new_secret()).status_code == 401

    def test_secrets_are_in_no_log(self, ask, seller, caplog):
        ask(seller)
        ask(seller, username="nobody")

        assert seller.secret not in caplog.text

    def test_the_program_behind_a_form_is_logged_with_the_outcome_and_no_secret(self, post, seller, caplog):
        caplog.set_level("INFO", logger="registry_auth.token.endpoint")
        password = {"grant_type": "password", "username": seller.user.username, "password": seller.secret}

        post(**password)
        post(**password | {"username": "nobody"}, client_id="x" * 100)
        post(grant_type="password")

        logged = [(record.outcome, record.client_id) for record in caplog.records if record.name == "registry_auth.token.endpoint"]
        assert logged == [("authenticated", "containerd-client"), ("wrong_credentials", "x" * 64), ("invalid_token_request", "")]
        assert seller.secret not in "".join(str(vars(record)) for record in caplog.records)


class TestIdentityTokens:
    def test_one_is_given_to_who_asks_with_credentials(self, ask, seller):
        expected = identity_token_for(seller)

        assert ask(seller, offline_token="true").json()["refresh_token"] == expected
        assert ask(seller, access_type="offline").json()["refresh_token"] == expected

    def test_none_is_given_unasked_or_to_the_anonymous(self, ask, seller):
        assert "refresh_token" not in ask(seller).json()
        assert "refresh_token" not in ask(seller, offline_token="false").json()
        assert "refresh_token" not in ask(None, offline_token="true").json()

    def test_it_works_for_ever_and_the_same_comes_back(self, post, image, seller):
        identity = identity_token_for(seller)
        for _ in range(3):
            response = post(grant_type="refresh_token", refresh_token=identity, scope=push_of(image), access_type="offline")
            assert response.json()["refresh_token"] == identity
            assert access_of(response) == {image.repository: ["pull", "push"]}

    @pytest.mark.parametrize("username", ["", "<token>", None])
    def test_it_is_taken_as_a_basic_password(self, ask, image, seller, username):
        response = ask(seller, pull_of(image), username=username, secret=identity_token_for(seller))

        assert access_of(response) == {image.repository: ["pull"]}

    def test_it_is_not_taken_under_another_name(self, ask, seller):
        other = UserFactory()

        assert ask(seller, username=other.username, secret=identity_token_for(seller)).status_code == 401

    def test_it_dies_with_its_access_token(self, post, seller):
        identity = identity_token_for(seller)
        revoke_access_token(token=seller, actor=seller.user)

        assert post(grant_type="refresh_token", refresh_token=identity).status_code == 401

    def test_logging_out_everywhere_ends_it_and_leaves_the_access_token(self, post, ask, seller):
        identity = identity_token_for(seller)
        log_out_everywhere(user=seller.user)

        assert post(grant_type="refresh_token", refresh_token=identity).status_code == 401
        assert ask(seller).status_code == 200

    def test_an_access_token_is_no_refresh_token(self, post, seller):
        assert post(grant_type="refresh_token", refresh_token=seller.secret).status_code == 401
