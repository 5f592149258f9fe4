"""A lone pull of an image that is for sale: docker's user reads where to buy it. Everybody and everything else is answered as ever."""

from urllib.parse import urlencode

import pytest

from accounts.tokens.models import TokenScope
from accounts.tokens.selectors import NOTED_USES, identity_token_for
from common.ops.redis import redis_client, redis_key
from marketplace.credentials.services import make_pull_credential
from marketplace.products.models import Product
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory, ProductFactory
from tests.registry_auth.conftest import access_of, basic

pytestmark = pytest.mark.django_db
SHOP = "http://layerstore.test:8080"


@pytest.fixture
def product() -> Product:
    return ProductFactory()


@pytest.fixture
def image(product):
    return product.images.get()


@pytest.fixture
def ask(token_client):
    def get(credential, *scopes: str, secret: str = ""):
        headers = {"authorization": basic(credential.username, secret or credential.secret)} if credential else {}
        return token_client.get("/auth/token", {"scope": scopes}, headers=headers)

    return get


def pull_of(image) -> str:
    return f"repository:{image.repository}:pull"


def sentence(product, image) -> str:
    path = f"{product.namespace.name}/{product.slug}"
    return f"{image.repository} is for sale at {SHOP}/{path}; if you own it already, {SHOP}/why/ explains why you cannot pull it"


@pytest.mark.parametrize("who", ["somebody", "nobody"])
def test_a_lone_pull_is_refused_with_the_address_of_the_product(ask, product, image, who):
    response = ask(AccessTokenFactory() if who == "somebody" else None, pull_of(image))

    assert response.status_code == 403
    assert response.json() == {"errors": [{"code": "DENIED", "message": sentence(product, image), "detail": None}]}
    assert (response["Cache-Control"], response["Vary"]) == ("no-store", "Authorization")
    assert "WWW-Authenticate" not in response


def test_a_form_is_told_so_in_both_languages(token_client, product, image):
    credential = AccessTokenFactory()
    form = {"client_id": "docker", "grant_type": "refresh_token", "refresh_token": identity_token_for(credential), "scope": pull_of(image)}

    response = token_client.post("/auth/token", urlencode(form), content_type="application/x-www-form-urlencoded")

    assert response.status_code == 403
    body = response.json()
    assert (body["error"], body["error_description"]) == ("invalid_scope", sentence(product, image))
    assert body["errors"] == [{"code": "DENIED", "message": sentence(product, image), "detail": None}]


def test_the_same_pull_asked_twice_is_still_a_lone_one(ask, image):
    assert ask(None, pull_of(image), pull_of(image)).status_code == 403


@pytest.mark.parametrize("ended", ["revoked", "suspended"])
def test_whoever_held_it_once_is_told_where_and_where_to_ask(ask, product, image, ended):
    credential = AccessTokenFactory()
    EntitlementFactory(holder=credential.user.account, image=image, **{ended: True})

    assert ask(credential, pull_of(image)).json()["errors"][0]["message"] == sentence(product, image)


def test_a_limited_credential_is_told_so_of_what_its_user_does_not_hold(ask, image):
    owned = EntitlementFactory(holder=UserFactory().account)
    issued = make_pull_credential(user=owned.holder.user, image_ids=[owned.image_id], name="cluster")

    assert ask(issued.token, pull_of(image), secret=issued.secret).status_code == 403


@pytest.mark.parametrize(
    "requested",
    [
        pytest.param(["push,pull"], id="push"),
        pytest.param(["*"], id="everything"),
        pytest.param(["delete"], id="delete"),
        pytest.param(["pull", "delete"], id="pull and delete apart"),
    ],
)
def test_other_actions_are_answered_200_without_rights(ask, image, requested):
    assert access_of(ask(AccessTokenFactory(), *(f"repository:{image.repository}:{actions}" for actions in requested))) == {}


def test_beside_another_scope_it_is_left_out_so_that_a_mount_falls_back(ask, image):
    target = ImageFactory()
    seller = AccessTokenFactory(user=target.owner.user)

    assert access_of(ask(seller, f"repository:{target.repository}:push,pull", pull_of(image))) == {target.repository: ["pull", "push"]}


def test_holder_owner_and_staff_are_answered_as_ever(ask, product, image):
    holder = AccessTokenFactory()
    EntitlementFactory(holder=holder.user.account, image=image)

    for user in (holder.user, product.seller.account.user, UserFactory(staff=True)):
        assert access_of(ask(AccessTokenFactory(user=user), pull_of(image))) == {image.repository: ["pull"]}


@pytest.mark.parametrize("scopes", [[TokenScope.PUSH], [TokenScope.API]])
def test_a_credential_without_the_scope_of_somebody_who_may_pull_is_answered_200(ask, product, image, scopes):
    holder = EntitlementFactory(image=image).holder.user

    for user in (holder, product.seller.account.user):
        assert access_of(ask(AccessTokenFactory(user=user, scopes=scopes), pull_of(image))) == {}


def test_what_is_not_shown_in_the_shop_is_answered_as_a_name_that_nobody_has(ask):
    draft = ProductFactory(state=Product.State.DRAFT).images.get()

    for name in (draft.repository, ImageFactory().repository, "nobody/has-it"):
        assert access_of(ask(AccessTokenFactory(), f"repository:{name}:pull")) == {}


def test_a_limited_credential_learns_nothing_of_a_free_image(ask):
    free = FreeProductFactory().images.get()
    owned = EntitlementFactory(holder=UserFactory().account)
    issued = make_pull_credential(user=owned.holder.user, image_ids=[owned.image_id], name="cluster")

    assert access_of(ask(issued.token, pull_of(free), secret=issued.secret)) == {}


def test_a_wrong_credential_is_401_also_for_what_is_for_sale(ask, image):
    assert ask(AccessTokenFactory(), pull_of(image), secret="lsp_" + "0" * 49).status_code == 401


def test_it_costs_no_further_query_and_notes_the_use_of_the_credential(ask, image, django_assert_num_queries):
    credential = AccessTokenFactory()

    with django_assert_num_queries(2):
        assert ask(credential, pull_of(image)).status_code == 403
    with django_assert_num_queries(1):
        assert ask(None, pull_of(image)).status_code == 403

    assert redis_client().hexists(redis_key(NOTED_USES), str(credential.pk))


def test_after_the_purchase_the_next_request_opens(ask, image):
    credential = AccessTokenFactory()
    assert ask(credential, pull_of(image)).status_code == 403

    EntitlementFactory(holder=credential.user.account, image=image)

    assert access_of(ask(credential, pull_of(image))) == {image.repository: ["pull"]}


def test_a_name_that_is_nobodys_costs_as_many_queries_as_one_that_is_not_for_sale(ask, django_assert_num_queries):
    reserved = ImageFactory()
    credential = AccessTokenFactory()
    ask(credential, "repository:acme/warm:pull")

    for scope in (pull_of(reserved), "repository:no/such:pull"):
        with django_assert_num_queries(2):
            assert access_of(ask(credential, scope)) == {}
