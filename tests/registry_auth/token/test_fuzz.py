"""No input to the token endpoint yields an error of ours, or a right that the policy does not give."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory
from tests.registry_auth.conftest import access_of, basic

pytestmark = pytest.mark.django_db
_texts = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "\x00", "%", "%ff", "a=b&c", "layerstore", "<token>", "lsr_", "lsp_" + "a" * 49, "repository:acme/db:*"]),
)
_fields = st.dictionaries(
    st.sampled_from(
        ["scope", "service", "account", "client_id", "offline_token", "access_type", "grant_type", "username", "password", "refresh_token"]
    ),
    st.one_of(_texts, st.sampled_from(["password", "refresh_token", "true", "offline", "layerstore"])),
)
_headers = st.one_of(
    st.none(),
    st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=80),
    st.builds(basic, _texts, _texts),
)
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


@relaxed
@given(fields=_fields, header=_headers)
def test_no_query_and_no_header_breaks_the_endpoint(token_client, fields, header):
    response = token_client.get("/auth/token", fields, headers={} if header is None else {"authorization": header})

    assert response.status_code in {200, 400, 401, 429}
    if response.status_code == 200:
        assert access_of(response) == {}


@relaxed
@given(raw=st.binary(max_size=200), fields=_fields, query=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_no_form_breaks_the_endpoint(token_client, raw, fields, query):
    content = raw + "&".join(f"{name}={value}" for name, value in fields.items()).encode()

    response = token_client.generic("POST", "/auth/token", content, content_type="application/x-www-form-urlencoded", QUERY_STRING=query)

    assert response.status_code in {400, 401, 429}


_requested = st.lists(
    st.builds(
        "repository{}:{}:{}".format,
        st.sampled_from(["", "(plugin)"]),
        st.sampled_from(["own", "bought", "foreign", "foreign/", "host:5000/own", "OWN"]),
        st.lists(st.sampled_from(["pull", "push", "delete", "*", "fly"]), max_size=4).map(",".join),
    ),
    max_size=8,
)


@relaxed
@given(requested=_requested, joined=st.booleans())
def test_no_way_of_asking_yields_more_than_one_has(token_client, requested, joined, three_images):
    credential, names = three_images
    scopes = [
        scope.replace("own", names["own"]).replace("bought", names["bought"]).replace("foreign", names["foreign"]) for scope in requested
    ]
    headers = {"authorization": basic(credential.user.username, credential.secret)}

    response = token_client.get("/auth/token", {"scope": [" ".join(scopes)] if joined else scopes}, headers=headers)

    for name, actions in access_of(response).items():
        assert set(actions) <= {names["own"]: {"pull", "push"}, names["bought"]: {"pull"}}[name]


@pytest.fixture
def three_images():
    own, bought, foreign = ImageFactory(), ImageFactory(), ImageFactory()
    credential = AccessTokenFactory(user=own.owner.user)
    EntitlementFactory(holder=credential.user.account, image=bought)
    return credential, {"own": own.repository, "bought": bought.repository, "foreign": foreign.repository}
