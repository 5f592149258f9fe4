"""`/auth/token`: methods, limits and errors, and that parts which are away make no answer up."""

from unittest import mock
from urllib.parse import urlencode

import jwt
import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.tokens.selectors import NOTED_USES
from common.ops.redis import redis_client, redis_key
from registry_auth.token import issue as service
from tests.factories.marketplace import ImageFactory
from tests.registry_auth.conftest import access_of
from tests.registry_auth.token.conftest import FORM, URL, pull_of, push_of

pytestmark = pytest.mark.django_db


class TestEndpoint:
    def test_both_spellings_are_served_without_redirect(self, client, seller):
        form = {"client_id": "docker", "grant_type": "password", "username": seller.user.username, "password": seller.secret}

        assert [client.get(url).status_code for url in (URL, f"{URL}/")] == [200, 200]
        assert [client.post(url, urlencode(form), content_type=FORM).status_code for url in (URL, f"{URL}/")] == [200, 200]

    def test_no_form_token_is_needed_whatever_middleware_is_set(self, client, settings, seller):
        settings.MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
        form = {"client_id": "docker", "grant_type": "password", "username": seller.user.username, "password": seller.secret}

        assert client.post(URL, urlencode(form), content_type=FORM).status_code == 200

    def test_other_methods_are_405(self, client):
        response = client.put(URL)

        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")

    @pytest.mark.parametrize("path", ["/auth/jwks.json", "/auth/bundle.pem"])
    def test_what_is_published_is_only_read(self, client, path):
        response = client.post(path)

        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")

    def test_an_address_that_is_not_there_is_404_in_registry_form(self, client):
        response = client.get("/auth/elsewhere")

        assert (response.status_code, response.json()["errors"][0]["message"]) == (404, "There is nothing at this address.")

    @pytest.mark.parametrize("fault", [TypeError, SuspiciousOperation])
    def test_a_fault_of_ours_is_500_in_registry_form(self, client, monkeypatch, fault):
        monkeypatch.setattr("registry_auth.token.endpoint.issue_token", mock.Mock(side_effect=fault))

        response = client.get(URL)

        assert (response.status_code, response.json()["errors"][0]["code"]) == (500, "UNKNOWN")
        assert "token" not in response.json()

    def test_the_head_of_an_answer_has_no_body(self, client):
        response = client.head(URL)

        assert (response.status_code, response.content) == (200, b"")

    def test_nothing_is_written_and_one_query_does_for_pulls_and_two_for_a_push(self, ask, image, seller, django_assert_num_queries):
        scopes = [pull_of(ImageFactory()) for _ in range(9)]
        with django_assert_num_queries(1) as pulls:
            ask(seller, pull_of(image), *scopes)
        with django_assert_num_queries(2) as pushes:
            ask(seller, push_of(image), *scopes)

        # A fresh connection prepares in the same breath.
        statements = [query["sql"].rpartition("; ")[2].partition(" (")[0] for query in (*pulls.captured_queries, *pushes.captured_queries)]
        assert statements == ["EXECUTE credential_facts_by_hash"] * 2 + ["EXECUTE obstacles_to_writing"]

    def test_the_anonymous_cost_one_query(self, ask, image, django_assert_num_queries):
        with django_assert_num_queries(1):
            ask(None, pull_of(image))

    def test_the_use_of_a_token_is_noted_for_the_worker(self, ask, seller):
        ask(seller)

        assert redis_client().hexists(redis_key(NOTED_USES), str(seller.pk))

    def test_the_public_keys_are_published(self, client, key_store):
        key_store.add(now=timezone.now())

        keys = client.get("/auth/jwks.json").json()["keys"]

        assert [key["kid"] for key in keys] == [leaf.kid for leaf in key_store.index.leaves]
        token = client.get(URL).json()["token"]
        jwt.decode(token, jwt.PyJWK(keys[0]), algorithms=["ES256"], audience="layerstore")

    def test_the_bundle_is_published_and_holds_certificates_alone(self, client, key_store):
        key_store.add_authority(now=timezone.now())

        response = client.get("/auth/bundle.pem")

        assert response.content.decode() == key_store.index.bundle()
        assert (response.content.count(b"-----BEGIN CERTIFICATE-----"), response.content.count(b"PRIVATE")) == (2, 0)

    @pytest.mark.parametrize(
        ("path", "media_type"),
        [("/auth/jwks.json", "application/jwk-set+json"), ("/auth/bundle.pem", "application/pem-certificate-chain")],
    )
    def test_what_is_published_may_be_kept_for_five_minutes(self, client, path, media_type):
        got, looked_at = client.get(path), client.head(path)

        assert (got["Content-Type"], got["Cache-Control"]) == (media_type, "public, max-age=300")
        assert (looked_at.status_code, looked_at.content, looked_at["Content-Length"]) == (200, b"", str(len(got.content)))


class TestPartsThatAreAway:
    @pytest.fixture
    def no_database(self, monkeypatch):
        def fail(*_, **__):
            raise OperationalError

        monkeypatch.setattr(service, "access_facts", fail)
        monkeypatch.setattr(service, "find_credential_facts", fail)
        monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction hangs on it

    @pytest.mark.parametrize("who", ["seller", None])
    def test_without_a_database_nobody_gets_an_answer(self, ask, image, seller, no_database, who):
        response = ask(seller if who else None, pull_of(image))

        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert response.json()["errors"][0]["code"] == "UNAVAILABLE"
        assert "token" not in response.json()

    def test_also_without_scope_and_with_wrong_credentials(self, ask, seller, no_database):
        assert ask().status_code == 503
        assert ask(seller, secret="wrong").status_code == 503

    def test_a_form_is_told_so_in_its_own_language(self, post, seller, no_database):
        response = post(grant_type="password", username=seller.user.username, password=seller.secret)

        assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")

    @pytest.mark.django_db(transaction=True)
    def test_a_connection_that_died_while_idle_is_made_again(self, ask, image, seller):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        other.close()

        assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}

    def test_without_redis_tokens_go_on(self, ask, image, seller, no_redis):
        assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}
        assert ask(seller, username="nobody").status_code == 401

    def test_without_keys_nobody_gets_an_answer_and_each_is_one_line_of_log(self, ask, settings, tmp_path, caplog):
        settings.LAYERSTORE_KEYS_DIR = tmp_path / "nothing"

        assert (ask().status_code, ask()["Retry-After"]) == (503, "5")
        errors = [record for record in caplog.records if "no signing key" in record.getMessage()]
        assert [(record.levelname, record.exc_info) for record in errors] == [("ERROR", None)] * 2

    @pytest.mark.parametrize("path", ["/auth/jwks.json", "/auth/bundle.pem"])
    def test_without_keys_none_are_published(self, client, settings, tmp_path, path):
        settings.LAYERSTORE_KEYS_DIR = tmp_path / "nothing"

        response = client.get(path)

        assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "5", "no-store")
        assert response.json()["errors"][0]["code"] == "UNAVAILABLE"
